// Wipes memory when it is freed, so that no code, token or secret stays in what the allocator still holds.
//
// Tokens pass through buffers of many owners: ours, Swift's strings and arrays, NIO's, libfcgi's. None of them wipes what
// it gives back. So the program brings its own free and realloc; they come before glibc's, for all libraries too
// (glibc's manual, "Replacing malloc"), and then do as glibc's do.

#include <malloc.h>
#include <stddef.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
// The sanitizers bring theirs.
#define CWIPE_OFF
#endif
#endif

#ifndef CWIPE_OFF

// glibc's own, under the names that it exports for this.
extern void __libc_free(void *memory);
extern void *__libc_malloc(size_t size);

__attribute__((visibility("default"))) void free(void *memory) {
    if (memory == NULL) return;
    memset(memory, 0, malloc_usable_size(memory));
    // Else the compiler could leave it out, since nobody reads it.
    __asm__ __volatile__("" : : "r"(memory) : "memory");
    __libc_free(memory);
}

// glibc's would move what it holds and leave the old place as it is.
__attribute__((visibility("default"))) void *realloc(void *memory, size_t size) {
    if (memory == NULL) return __libc_malloc(size);
    if (size == 0) {
        free(memory);
        return NULL;
    }
    size_t old = malloc_usable_size(memory);
    // Large enough, and not by far too large.
    if (size <= old && size >= old / 2) return memory;
    void *moved = __libc_malloc(size);
    if (moved == NULL) return NULL;
    memcpy(moved, memory, old < size ? old : size);
    free(memory);
    return moved;
}

#endif
