using System.Buffers;
using System.Runtime.InteropServices;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>What .NET has no call for: to become another program, and to start one with an environment of bytes.</summary>
internal static unsafe partial class ProgramNative
{
    public const int NotThere = 2; // ENOENT
    public const int NotAllowed = 13; // EACCES

    public const short SetsDefaultSignals = 0x04; // POSIX_SPAWN_SETSIGDEF
    public const short SetsSignalMask = 0x08; // POSIX_SPAWN_SETSIGMASK

    /// <summary>More than any C library takes for a set of signals, and for the structures of posix_spawn(3) and waitid(2).</summary>
    public const int OpaqueSize = 512;

    public const int Pipe = 13; // SIGPIPE

    public const int OpenFilesLimit = 7; // RLIMIT_NOFILE

    private const int Child = 17; // SIGCHLD
    private const int SetMask = 2; // SIG_SETMASK

    /// <summary>Undoes what the runtime did to the signals, which the next program would inherit: it ignores SIGPIPE, and a program in a pipe must die of it.</summary>
    public static void RestoreSignals()
    {
        _ = Signal(Pipe, 0);
        var none = stackalloc byte[OpaqueSize];
        new Span<byte>(none, OpaqueSize).Clear();
        _ = SetSignalMaskOfThread(SetMask, none, null);
    }

    /// <summary>A parent that ignores SIGCHLD hands that down, and the kernel then forgets how a child ended.</summary>
    public static void KeepChildren() => _ = Signal(Child, 0);

    /// <summary>The environment of this process (environ(7)), byte for byte, with a NUL after each variable. /proc/self/environ cannot be read here: a process without core dumps has none for its user.</summary>
    public static PinnedWriter InheritedEnvironment()
    {
        var environment = new PinnedWriter(4096);
        var library = NativeLibrary.Load("libc", typeof(ProgramNative).Assembly, null);
        for (var next = *(byte***)NativeLibrary.GetExport(library, "environ"); next is not null && *next is not null; next++)
        {
            environment.Write(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*next));
            environment.Write("\0"u8);
        }
        return environment;
    }

    /// <summary>execvpe(3): only returns where it failed.</summary>
    [LibraryImport("libc", EntryPoint = "execvpe", SetLastError = true)]
    public static partial int Execute(byte* file, byte** arguments, byte** environment);

    /// <summary>posix_spawnp(3): the error, or 0.</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    public static partial int Spawn(out int process, byte* file, byte* fileActions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int InitAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SetDefaultSignals(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SetSignalMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitFileActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int EmptySignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigaddset")]
    public static partial int AddSignal(byte* signals, int signal);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    public static partial int GetLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    public static partial int SetLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int Parent();

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    public static partial int Group();

    /// <summary>tcgetpgrp(3): the group that the terminal's keys go to.</summary>
    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    public static partial int ForegroundGroup(SafeHandle terminal);

    /// <summary>waitid(2).</summary>
    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    public static partial int WaitFor(int kind, int process, byte* information, int options);

    /// <summary>waitpid(2).</summary>
    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int Wait(int process, out int status, int options);

    /// <summary>kill(2).</summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SetSignalMaskOfThread(int how, byte* signals, byte* old);
}
