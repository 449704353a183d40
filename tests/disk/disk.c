/* Between a program and its files: writes down what reaches the system, and lets calls fail.
 *
 * Loaded by LD_PRELOAD; only a test does that. Only files under SFUND_DISK_FOLDER count.
 *
 * SFUND_DISK_RECORD names the file that hears of every call that changes something, in the order in
 * which they happened, and of what the program says on stdout. tests/harness/record.rs reads it. A
 * sync is written down twice, when it begins and when it is done: only what was written before it
 * began is covered by it.
 *
 * SFUND_DISK_FAULT is "WHAT CALLS FIRST LAST ARGUMENT". CALLS is a list of names with commas, as
 * in "pwrite,write"; those calls are counted from 0, and the ones from FIRST to LAST are hit.
 * WHAT is `fail` (with the errno ARGUMENT, and without any effect), `short` (a read that ends
 * after half of what was asked for), `flip` (a read in which bit ARGUMENT is turned around), `bad`
 * (a read over byte ARGUMENT of sled's log fails with EIO, as over a bad sector) or `slow` (the
 * call waits for ARGUMENT milliseconds first). SFUND_DISK_COUNT names a file to which a byte is
 * added at each call that counts.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, SYNC_BEGIN, SYNC_END, DATA_SYNC_BEGIN, DATA_SYNC_END, CREATE, MKDIR,
       RENAME, UNLINK, SAY };
enum { FILES_MAX = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char folder[4096];
static int record = -1, count = -1;
static ino_t files[FILES_MAX];
static size_t files_count;
static char what[16], calls[256];
static unsigned long first, last, argument, calls_count;

static void complain(const char *why) {
    dprintf(2, "disk.c: %s\n", why);
    _exit(99);
}

static void start(void) {
    const char *at = getenv("SFUND_DISK_FOLDER");
    const char *to = getenv("SFUND_DISK_RECORD");
    const char *fault = getenv("SFUND_DISK_FAULT");
    const char *counted = getenv("SFUND_DISK_COUNT");
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    if (at == NULL) return;
    snprintf(folder, sizeof folder, "%s/", at);
    if (to != NULL) record = (int)syscall(SYS_openat, AT_FDCWD, to, flags, 0600);
    if (counted != NULL) count = (int)syscall(SYS_openat, AT_FDCWD, counted, flags, 0600);
    if (fault != NULL
        && sscanf(fault, "%15s %255s %lu %lu %lu", what, calls, &first, &last, &argument) != 5)
        complain("SFUND_DISK_FAULT is not as the head of disk.c says");
}

/* The real function of this name. */
static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    pthread_once(&once, start);
    if (found == NULL) complain(name);
    return found;
}

#define REAL(name) \
    static __typeof__(name) *to; \
    if (to == NULL) to = (__typeof__(name) *)real(#name)

static void put(const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length != 0) {
        ssize_t done = syscall(SYS_write, record, rest, length);
        if (done <= 0) complain("the record cannot be written");
        rest += done;
        length -= (size_t)done;
    }
}

/* One line of the record: kind, file, place, length, bytes. The lock is held. */
static void note(uint64_t kind, uint64_t file, uint64_t place, const void *bytes, uint64_t length) {
    uint64_t head[4] = { kind, file, place, length };
    if (record < 0) return;
    put(head, sizeof head);
    put(bytes, length);
}

/* The absolute form of a path, if it lies in the folder. */
static int inside(const char *path, char *full, size_t size) {
    char at[2048];
    if (folder[0] == 0 || path == NULL) return 0;
    if (path[0] == '/') snprintf(full, size, "%s", path);
    else if (getcwd(at, sizeof at) != NULL) snprintf(full, size, "%s/%s", at, path);
    else return 0;
    return strncmp(full, folder, strlen(folder) - 1) == 0
        && (full[strlen(folder) - 1] == '/' || full[strlen(folder) - 1] == 0);
}

/* A path as the record names it: after the folder, and nothing for the folder itself. */
static const char *named(const char *full) {
    return full + (strlen(full) < strlen(folder) ? strlen(full) : strlen(folder));
}

static void know(ino_t file) {
    for (size_t index = 0; index < files_count; index++)
        if (files[index] == file) return;
    if (files_count == FILES_MAX) complain("too many files");
    files[files_count++] = file;
}

/* The number of the file behind a descriptor, if it counts; else 0. */
static ino_t known(int fd) {
    struct stat found;
    int before = errno;
    ino_t file = 0;
    if (folder[0] != 0 && fstat(fd, &found) == 0
        && (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)))
        for (size_t index = 0; index < files_count; index++)
            if (files[index] == found.st_ino) file = found.st_ino;
    errno = before;
    return file;
}

static int listed(const char *name) {
    size_t length = strlen(name);
    for (const char *at = calls; (at = strstr(at, name)) != NULL; at += length)
        if ((at == calls || at[-1] == ',') && (at[length] == 0 || at[length] == ',')) return 1;
    return 0;
}

/* Counts a call, and says whether it is hit. Lets a slow one wait. */
static int hit(const char *name) {
    unsigned long nth;
    if (what[0] == 0 || !listed(name)) return 0;
    nth = __atomic_fetch_add(&calls_count, 1, __ATOMIC_SEQ_CST);
    if (0 <= count) syscall(SYS_write, count, ".", 1);
    if (nth < first || last < nth) return 0;
    if (strcmp(what, "slow") == 0) {
        struct timespec pause = { (time_t)(argument / 1000), (long)(argument % 1000) * 1000000 };
        nanosleep(&pause, NULL);
    }
    return 1;
}

static int fails(const char *name) {
    if (!hit(name) || strcmp(what, "fail") != 0) return 0;
    errno = (int)argument;
    return 1;
}

static int opened(int fd, const char *full, int is_new, int flags) {
    struct stat found;
    if (fd < 0 || fstat(fd, &found) != 0) return fd;
    know(found.st_ino);
    if (is_new) note(CREATE, found.st_ino, 0, named(full), strlen(named(full)));
    else if (flags & O_TRUNC) note(TRUNCATE, found.st_ino, 0, "", 0);
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        mode_t mode = 0; \
        char full[4096]; \
        struct stat found; \
        int fd, is_new; \
        va_list rest; \
        va_start(rest, flags); \
        if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(rest, mode_t); \
        va_end(rest); \
        if (!inside(path, full, sizeof full)) return to(path, flags, mode); \
        if (fails((flags & O_CREAT) ? "create" : "open")) return -1; \
        pthread_mutex_lock(&lock); \
        is_new = (flags & O_CREAT) && lstat(full, &found) != 0; \
        fd = opened(to(path, flags, mode), full, is_new, flags); \
        pthread_mutex_unlock(&lock); \
        return fd; \
    }

OPEN(open)
OPEN(open64)

static ssize_t wrote(ino_t file, off_t place, const void *bytes, ssize_t done) {
    if (0 < done) note(WRITE, file, (uint64_t)place, bytes, (uint64_t)done);
    return done;
}

#define PWRITE(name, offset) \
    ssize_t name(int fd, const void *bytes, size_t length, offset place) { \
        REAL(name); \
        ino_t file = known(fd); \
        ssize_t done; \
        if (file == 0) return to(fd, bytes, length, place); \
        if (fails("pwrite")) return -1; \
        pthread_mutex_lock(&lock); \
        done = wrote(file, place, bytes, to(fd, bytes, length, place)); \
        pthread_mutex_unlock(&lock); \
        return done; \
    }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(write);
    ino_t file = fd == 1 ? 0 : known(fd);
    ssize_t done;
    if (file == 0 && (fd != 1 || record < 0)) return to(fd, bytes, length);
    if (file != 0 && fails("write")) return -1;
    pthread_mutex_lock(&lock);
    if (file == 0) {
        /* Written down first: from here on somebody may know. */
        note(SAY, 0, 0, bytes, length);
        done = to(fd, bytes, length);
    } else {
        off_t place = (fcntl(fd, F_GETFL) & O_APPEND) ? lseek(fd, 0, SEEK_END)
                                                      : lseek(fd, 0, SEEK_CUR);
        done = wrote(file, place, bytes, to(fd, bytes, length));
    }
    pthread_mutex_unlock(&lock);
    return done;
}

#define TRUNCATE_TO(name, offset) \
    int name(int fd, offset length) { \
        REAL(name); \
        ino_t file = known(fd); \
        int failed; \
        if (file == 0) return to(fd, length); \
        if (fails("ftruncate")) return -1; \
        pthread_mutex_lock(&lock); \
        failed = to(fd, length); \
        if (failed == 0) note(TRUNCATE, file, (uint64_t)length, "", 0); \
        pthread_mutex_unlock(&lock); \
        return failed; \
    }

TRUNCATE_TO(ftruncate, off_t)
TRUNCATE_TO(ftruncate64, off64_t)

/* Not under the lock: others may write meanwhile, and that is not covered. */
#define SYNC(name, begin, end) \
    int name(int fd) { \
        REAL(name); \
        static uint64_t syncs; \
        ino_t file = known(fd); \
        uint64_t nth; \
        int failed; \
        if (file == 0) return to(fd); \
        if (fails(#name)) return -1; \
        pthread_mutex_lock(&lock); \
        nth = syncs++; \
        note(begin, file, nth, "", 0); \
        pthread_mutex_unlock(&lock); \
        failed = to(fd); \
        pthread_mutex_lock(&lock); \
        if (failed == 0) note(end, file, nth, "", 0); \
        pthread_mutex_unlock(&lock); \
        return failed; \
    }

SYNC(fsync, SYNC_BEGIN, SYNC_END)
SYNC(fdatasync, DATA_SYNC_BEGIN, DATA_SYNC_END)

/* Begins to write, and makes nothing durable: only counted. */
int sync_file_range(int fd, off64_t place, off64_t length, unsigned int flags) {
    REAL(sync_file_range);
    if (known(fd) != 0 && fails("sync_file_range")) return -1;
    return to(fd, place, length, flags);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    char full[4096];
    struct stat found;
    int failed;
    if (!inside(path, full, sizeof full)) return to(path, mode);
    if (fails("mkdir")) return -1;
    pthread_mutex_lock(&lock);
    failed = to(path, mode);
    if (failed == 0 && stat(full, &found) == 0) {
        know(found.st_ino);
        note(MKDIR, found.st_ino, 0, named(full), strlen(named(full)));
    }
    pthread_mutex_unlock(&lock);
    return failed;
}

int rename(const char *from, const char *into) {
    REAL(rename);
    char old[4096], new[4096], both[8192];
    int failed, length;
    if (!inside(from, old, sizeof old) || !inside(into, new, sizeof new)) return to(from, into);
    if (fails("rename")) return -1;
    pthread_mutex_lock(&lock);
    failed = to(from, into);
    length = snprintf(both, sizeof both, "%s\n%s", named(old), named(new));
    if (failed == 0) note(RENAME, 0, 0, both, (uint64_t)length);
    pthread_mutex_unlock(&lock);
    return failed;
}

int unlink(const char *path) {
    REAL(unlink);
    char full[4096];
    int failed;
    if (!inside(path, full, sizeof full)) return to(path);
    if (fails("unlink")) return -1;
    pthread_mutex_lock(&lock);
    failed = to(path);
    if (failed == 0) note(UNLINK, 0, 0, named(full), strlen(named(full)));
    pthread_mutex_unlock(&lock);
    return failed;
}

/* Whether a descriptor is sled's log. */
static int is_log(int fd) {
    char link[64], path[4096];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path);
    return 3 <= length && memcmp(path + length - 3, "/db", 3) == 0;
}

/* What a read from `place` should ask for, when the disk is as it is; -1 if it fails. */
static ssize_t asked(int fd, size_t length, off_t place, int *is_hit) {
    *is_hit = hit("read");
    if (!*is_hit) return (ssize_t)length;
    if (strcmp(what, "fail") == 0) errno = (int)argument;
    else if (strcmp(what, "bad") == 0 && is_log(fd) && place <= (off_t)argument
             && (off_t)argument < place + (off_t)length) errno = EIO;
    else if (strcmp(what, "short") == 0) return (ssize_t)(length + 1) / 2;
    else return (ssize_t)length;
    return -1;
}

static ssize_t came(char *bytes, ssize_t done, int is_hit) {
    if (is_hit && 0 < done && strcmp(what, "flip") == 0) {
        size_t bit = argument % ((size_t)done * 8);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    return done;
}

#define PREAD(name, offset) \
    ssize_t name(int fd, void *bytes, size_t length, offset place) { \
        REAL(name); \
        int is_hit; \
        ssize_t wanted; \
        if (known(fd) == 0) return to(fd, bytes, length, place); \
        wanted = asked(fd, length, place, &is_hit); \
        return wanted < 0 ? -1 : came(bytes, to(fd, bytes, (size_t)wanted, place), is_hit); \
    }

PREAD(pread, off_t)
PREAD(pread64, off64_t)

ssize_t read(int fd, void *bytes, size_t length) {
    REAL(read);
    int is_hit;
    ssize_t wanted;
    if (known(fd) == 0) return to(fd, bytes, length);
    wanted = asked(fd, length, lseek(fd, 0, SEEK_CUR), &is_hit);
    return wanted < 0 ? -1 : came(bytes, to(fd, bytes, (size_t)wanted), is_hit);
}
