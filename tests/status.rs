//! What a server says of itself, on the program itself: its metrics are those of its process.

#![allow(missing_docs, clippy::unwrap_used)]
#![cfg(unix)]

mod harness;

use std::time::Duration;

use harness::cast::Cast;
use harness::eventually;
use harness::program::Program;

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_how_long_each_stage_took_and_what_the_path_stands_on() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve(folder.path(), "127.0.0.1:0", &[]);
    let now = sfund::sequencer::Clock::now(&sfund::sequencer::WallClock);
    let cast = Cast::register(&program.url(), &program.keys_file(), now).await;
    cast.lp.client.trading().place(cast.sell("10", "1.50")).await.unwrap();
    cast.all_seen().await;
    let look = || async {
        let status = cast.operator.client.admin().status().await.unwrap();
        // The disk is looked at from aside.
        Some(status).filter(|status| status.disk.is_some())
    };
    let status = eventually("a status with the disk", look).await;
    let names: Vec<_> = status.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["wait", "decide", "append", "sync", "publish"]);
    for stage in status.stages.iter().chain([&status.whole]) {
        assert!(stage.count != 0, "{stage:?}");
        assert!(Duration::ZERO < stage.p50 && stage.p50 <= stage.p99, "{stage:?}");
    }
    let sync = &status.stages[3];
    assert!(sync.p50 <= status.whole.p99, "an answer waits for the sync: {status:?}");
    assert_eq!(status.stages[0].depth_max, status.queue_capacity);
    assert!(status.connections != 0 && status.batch_commands_p50 != 0, "{status:?}");
    assert_eq!((status.streams_cut, status.stream_lag_blocks_max), (0, 1_024));
    assert!(status.calendar.is_some() && status.store_bytes != 0);
    assert!(status.answered.is_some() && status.snapshot_every_entries == 200_000);
}
