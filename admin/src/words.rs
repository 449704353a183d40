//! The words that people read, in English and Chinese: one table.
//!
//! A word is named by its stable field name or value, which is what `--json` prints.

use clap::ValueEnum;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// English.
    En,
    /// 中文。
    Zh,
}

impl Lang {
    /// The language of the environment: Chinese if `LC_ALL` or else `LANG` says so.
    pub(crate) fn of_environment() -> Self {
        let said = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = said("LC_ALL").or_else(|| said("LC_MESSAGES")).or_else(|| said("LANG"));
        if locale.is_some_and(|locale| locale.starts_with("zh")) { Self::Zh } else { Self::En }
    }

    /// The word of this name; the name itself where there is none.
    pub(crate) fn word(self, name: &'static str) -> &'static str {
        let found = WORDS.iter().find(|(known, ..)| *known == name);
        match (self, found) {
            (Self::En, Some((_, english, _))) => english,
            (Self::Zh, Some((.., chinese))) => chinese,
            (Self::En | Self::Zh, None) => name,
        }
    }
}

/// Name, English, Chinese.
const WORDS: &[(&str, &str, &str)] = &[
    // Fields.
    ("after", "after", "变动后"),
    ("amount", "amount", "金额"),
    ("ask", "ask", "卖价"),
    ("attempt", "attempt", "请求号"),
    ("available", "available", "可用"),
    ("bank", "bank", "银行存款"),
    ("bank_reference", "bank reference", "银行流水号"),
    ("before", "before", "变动前"),
    ("best_ask", "best ask", "卖一"),
    ("best_bid", "best bid", "买一"),
    ("bid", "bid", "买价"),
    ("by", "asked by", "发起人"),
    ("caller", "caller", "发起方"),
    ("cash", "cash", "成交金额"),
    ("cause", "cause", "变动原因"),
    ("cause_id", "of", "关联编号"),
    ("code", "code", "代码"),
    ("command", "command", "指令"),
    ("created", "created", "新编号"),
    ("currency", "currency", "币种"),
    ("detail", "what", "内容"),
    ("digest", "digest", "状态摘要"),
    ("digest_at", "digest at", "摘要序号"),
    ("direction", "direction", "方向"),
    ("durable", "durable", "已落盘序号"),
    ("ended_by", "ended by", "复核人"),
    ("event", "event", "事件"),
    ("events", "events", "事件"),
    ("evidence", "evidence", "依据"),
    ("expires", "expires", "到期"),
    ("fee", "fee", "费用"),
    ("fees", "fees", "手续费"),
    ("filled", "filled", "已成交"),
    ("form", "form", "主体类型"),
    ("free", "free", "可用"),
    ("frozen", "frozen", "冻结"),
    ("fund", "fund", "基金"),
    ("group", "group", "关联组"),
    ("hash", "hash", "密钥哈希"),
    ("held", "held", "占用"),
    ("hold", "holds", "占用资金"),
    ("holder_cap", "holder cap", "持有人上限"),
    ("holders", "holders", "持有人数"),
    ("id", "id", "编号"),
    ("intentions_open", "intentions", "意向数"),
    ("issued", "issued", "总份额"),
    ("key", "key", "密钥"),
    ("key_expires", "key expires", "密钥到期"),
    ("kind", "kind", "种类"),
    ("last_bought", "last bought", "最近买入"),
    ("last_price", "last price", "最新价"),
    ("last_sold", "last sold", "最近卖出"),
    ("left", "left", "剩余"),
    ("legal_form", "legal form", "组织形式"),
    ("look_through", "counts as", "穿透人数"),
    ("lot", "lot", "每手"),
    ("manager", "manager", "管理人"),
    ("member", "member", "代理会员"),
    ("minimum_ticket", "minimum ticket", "最低转让份额"),
    ("name", "name", "名称"),
    ("offered", "offered", "委托占用"),
    ("orders", "orders", "委托数"),
    ("orders_open", "open orders", "未了委托"),
    ("outcome", "outcome", "结果"),
    ("party", "party", "主体"),
    ("placed_at", "placed", "委托时间"),
    ("pledged", "pledged", "质押"),
    ("pledgee", "pledgee", "质权人"),
    ("price", "price", "价格"),
    ("proposal", "proposal", "复核单"),
    ("province", "province", "省份"),
    ("qualified_until", "qualified until", "合格至"),
    ("queue", "queue", "待处理"),
    ("reason", "reason", "原因"),
    ("reference", "reference", "参考价"),
    ("reference_of", "reference", "转账附言"),
    ("requested_at", "requested", "申请时间"),
    ("revoked_at", "revoked", "吊销时间"),
    ("role", "role", "角色"),
    ("rule", "rule", "规则"),
    ("scope", "scope", "权限"),
    ("segment", "segment", "板块"),
    ("sequence", "sequence", "序号"),
    ("settled_at", "settled", "确认时间"),
    ("side", "side", "买卖"),
    ("state", "state", "状态"),
    ("status", "status", "状态"),
    ("streams_open", "streams", "推送连接"),
    ("term_ends", "term ends", "到期日"),
    ("tick", "tick", "最小变动价位"),
    ("tier", "fee tier", "费率档"),
    ("time", "time", "时间"),
    ("total", "total", "合计"),
    ("trade", "trade", "成交号"),
    ("trades", "trades", "成交笔数"),
    ("transfer", "transfer", "转账号"),
    ("units", "units", "份额"),
    ("uptime", "up for", "已运行"),
    ("utc_offset_minutes", "minutes ahead of UTC", "时差（分钟）"),
    ("valid_from", "valid from", "生效日"),
    ("valid_until", "valid until", "有效至"),
    ("venue", "venue", "交易场所"),
    ("version", "version", "版本"),
    // Values.
    ("active", "active", "正常"),
    ("buy", "buy", "买入"),
    ("cancelled", "cancelled", "已撤"),
    ("closed", "closed", "休市"),
    ("confirmed", "confirmed", "已确认"),
    ("declined", "declined", "已驳回"),
    ("approved", "approved", "已通过"),
    ("lapsed", "lapsed", "已逾期"),
    ("deposit", "deposit", "入金"),
    ("done", "done", "已完成"),
    ("dry_run", "dry run: nothing happened", "试算：未生效"),
    ("expired", "expired", "已过期"),
    ("freeze", "freeze", "冻结"),
    ("full", "full", "全部"),
    ("halted", "halted", "暂停交易"),
    ("lender", "lender", "质权人"),
    ("lp", "lp", "有限合伙人"),
    ("no", "no", "否"),
    ("none", "none", "无"),
    ("ok", "ok", "成功"),
    ("open", "open", "交易"),
    ("operator", "operator", "运营"),
    ("pending", "waits for the bank", "待银行确认"),
    ("pledge", "pledge", "质押"),
    ("read_only", "read only", "只读"),
    ("refused", "refused", "已拒绝"),
    ("regulator", "regulator", "监管"),
    ("s_fund", "s_fund", "S基金"),
    ("sell", "sell", "卖出"),
    ("settlement_bank", "settlement bank", "结算银行"),
    ("supervisor", "supervisor", "复核"),
    ("suspended", "suspended", "暂停"),
    ("waits", "waits for a second person", "待复核"),
    ("withdrawal", "withdrawal", "出金"),
    ("yes", "yes", "是"),
    // Sentences.
    ("no_rows", "nothing to show", "无记录"),
    ("more_rows", "there are more: raise --limit", "还有更多：请调大 --limit"),
    (
        "key_once",
        "This is the only time that the key is shown. Keep it.",
        "密钥仅显示这一次，请妥善保存。",
    ),
    (
        "how_to_approve",
        "A supervisor who is somebody else approves it: sfund-admin approvals approve",
        "须由另一名复核人员通过：sfund-admin approvals approve",
    ),
    ("connected", "live", "实时"),
    ("connecting", "connecting", "连接中"),
    ("quit", "q quits", "按 q 退出"),
    ("alerts", "alerts", "提示"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_in_the_table_once() {
        let mut names: Vec<_> = WORDS.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        assert_eq!((Lang::Zh.word("units"), Lang::En.word("units")), ("份额", "units"));
        assert_eq!(Lang::Zh.word("no such word"), "no such word");
    }
}
