/* What the C library needs of a bare Cortex-M under an emulator: from reset to main(), files and memory.
 *
 * Standard input is the file "request", standard output "answer"; standard error goes to the emulator's.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#define CPACR (*(volatile uint32_t *)0xe000ed88u)

enum { OPEN = 1, WRITE = 5, READ = 6, EXIT = 0x20 };         /* semihosting operations */
enum { READ_BINARY = 1, WRITE_BINARY = 5, WRITE_TEXT = 4 };  /* modes of OPEN */

extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_start[], bss_end[];
extern uint8_t heap_start[], heap_end[];

int main(void);
void reset(void);
int _read(int file, void *to, size_t count);
int _write(int file, const void *from, size_t count);
void *_sbrk(ptrdiff_t count);
void _exit(int status) __attribute__((noreturn));
int _close(int file);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _lseek(int file, int offset, int whence);
int _kill(int process, int signal);
int _getpid(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[15])(void);
} vectors = {stack_top, {reset}};

static uint32_t handles[3];

static uint32_t call(uint32_t operation, const void *arguments)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uint32_t open_file(const char *name, uint32_t mode)
{
    const uint32_t arguments[] = {(uint32_t)name, mode, (uint32_t)strlen(name)};

    return call(OPEN, arguments);
}

void reset(void)
{
    CPACR |= 0xfu << 20; /* floating point */
    __asm__ volatile("dsb\n isb");
    memcpy(data_start, data_load, (size_t)((uintptr_t)data_end - (uintptr_t)data_start));
    memset(bss_start, 0, (size_t)((uintptr_t)bss_end - (uintptr_t)bss_start));
    handles[0] = open_file("request", READ_BINARY);
    handles[1] = open_file("answer", WRITE_BINARY);
    handles[2] = open_file(":tt", WRITE_TEXT);
    const int status = main();
    extern int fflush(void *);
    fflush(NULL);
    _exit(status);
}

/* Both READ and WRITE return how much is left to be done. */
static int transfer(uint32_t operation, int file, uintptr_t bytes, size_t count)
{
    const uint32_t arguments[] = {handles[file], (uint32_t)bytes, (uint32_t)count};

    return (int)(count - call(operation, arguments));
}

int _read(int file, void *to, size_t count)
{
    return transfer(READ, file, (uintptr_t)to, count);
}

int _write(int file, const void *from, size_t count)
{
    return transfer(WRITE, file, (uintptr_t)from, count);
}

void *_sbrk(ptrdiff_t count)
{
    static uint8_t *end = heap_start;
    uint8_t *before = end;

    if (count > heap_end - end) {
        return (void *)-1;
    }
    end += count;
    return before;
}

void _exit(int status)
{
    const uint32_t arguments[] = {0x20026 /* an application's exit */, (uint32_t)status};

    for (;;) {
        call(EXIT, arguments);
    }
}

int _close(int file)
{
    (void)file;
    return 0;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFREG;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 0;
}

int _lseek(int file, int offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int _kill(int process, int signal)
{
    (void)process;
    (void)signal;
    return 0;
}

int _getpid(void)
{
    return 1;
}
