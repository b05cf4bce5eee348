// Buffers kept by the thread that freed them: a training loop in its steady state allocates nothing, and the
// buffer handed out next is the one that is still in the cache.
#include "CKernels.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

// Size classes: four steps to each doubling, from 16 floats on. A freed buffer's first word links to the next one.
enum { SMALLEST = 16, CLASSES = 4 * 28 };
static const uint64_t held_limit = (uint64_t)512 << 20;  // bytes a thread keeps

typedef struct link { struct link *next; } link;
static __thread link *bins[CLASSES];
static __thread gk_pool_counters counters;
static __thread int registered;
static __thread int recording_suspended;
static pthread_key_t thread_end;
static pthread_once_t thread_end_made = PTHREAD_ONCE_INIT;

static size_t class_size(int index) {
    size_t base = (size_t)SMALLEST << (index / 4);
    return base + base / 4 * (size_t)(index % 4);
}

static int class_of(size_t count) {
    if (count <= SMALLEST) return 0;
    int doubling = 63 - __builtin_clzll(count) - 4;  // SMALLEST << doubling <= count
    size_t base = (size_t)SMALLEST << doubling;
    int index = doubling * 4 + (int)((count - base + base / 4 - 1) / (base / 4));
    return index < CLASSES ? index : -1;
}

static void empty_at_thread_end(void *unused) { (void)unused; gk_pool_empty(); }
static void make_thread_end(void) { pthread_key_create(&thread_end, empty_at_thread_end); }

float *gk_buffer_take(size_t count) {
    int index = class_of(count);
    if (index >= 0 && bins[index]) {
        link *buffer = bins[index];
        bins[index] = buffer->next;
        counters.hits++;
        counters.held_bytes -= class_size(index) * sizeof(float);
        return (float *)buffer;
    }
    counters.misses++;
    size_t bytes = (index >= 0 ? class_size(index) : (count + 15) / 16 * 16) * sizeof(float);
    void *buffer = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!buffer) {
        fprintf(stderr, "out of memory: %zu bytes for an array were refused\n", bytes);
        exit(1);
    }
    return buffer;
}

void gk_buffer_return(float *buffer, size_t count) {
    int index = class_of(count);
    uint64_t bytes = index >= 0 ? class_size(index) * sizeof(float) : 0;
    if (index < 0 || counters.held_bytes + bytes > held_limit) {
        free(buffer);
        return;
    }
    if (!registered) {
        registered = 1;
        pthread_once(&thread_end_made, make_thread_end);
        pthread_setspecific(thread_end, &registered);
    }
    link *freed = (link *)buffer;
    freed->next = bins[index];
    bins[index] = freed;
    counters.held_bytes += bytes;
}

gk_pool_counters gk_pool_read_counters(void) { return counters; }

void gk_pool_empty(void) {
    for (int i = 0; i < CLASSES; i++) {
        while (bins[i]) {
            link *buffer = bins[i];
            bins[i] = buffer->next;
            free(buffer);
        }
    }
    counters.held_bytes = 0;
    registered = 0;
}

int gk_recording_suspended(void) { return recording_suspended; }
void gk_set_recording_suspended(int suspended) { recording_suspended = suspended; }
