// Wipes memory when it is freed, so that no code, token or secret stays in memory that the allocator keeps.
//
// Tokens pass through buffers with many owners: this program, Swift's strings and arrays, NIO, libfcgi. None of them
// wipes memory before freeing it. So the program brings its own free and realloc, which take precedence over glibc's in
// all libraries, too (glibc's manual, "Replacing malloc"), and then do what glibc's do.

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
// The sanitizers bring their own.
#define CWIPE_OFF
#endif
#endif

#ifndef CWIPE_OFF

// Two words, which the processor writes at once.
typedef uint64_t Pair __attribute__((vector_size(16), aligned(8)));

// glibc's functions, under the names that it exports for this.
extern void __libc_free(void *memory);
extern void *__libc_malloc(size_t size);

__attribute__((visibility("default"))) void free(void *memory) {
    if (memory == NULL) return;
    size_t size = malloc_usable_size(memory);
    if (size <= 128) {
        // Most are this small, and a call of memset takes longer than what it does. glibc's sizes are multiples of 8.
        size_t at = 0;
        for (; at + sizeof(Pair) <= size; at += sizeof(Pair)) *(volatile Pair *)((char *)memory + at) = (Pair){0, 0};
        if (at < size) *(volatile uint64_t *)((char *)memory + at) = 0;
    } else {
        memset(memory, 0, size);
    }
    // Otherwise the compiler could leave the memset out, since nobody reads the memory.
    __asm__ __volatile__("" : : "r"(memory) : "memory");
    __libc_free(memory);
}

// glibc's realloc would move the content and leave the old copy as it is.
__attribute__((visibility("default"))) void *realloc(void *memory, size_t size) {
    if (memory == NULL) return __libc_malloc(size);
    if (size == 0) {
        free(memory);
        return NULL;
    }
    size_t old = malloc_usable_size(memory);
    // Large enough, and not much too large.
    if (size <= old && size >= old / 2) return memory;
    void *moved = __libc_malloc(size);
    if (moved == NULL) return NULL;
    memcpy(moved, memory, old < size ? old : size);
    free(memory);
    return moved;
}

#endif
