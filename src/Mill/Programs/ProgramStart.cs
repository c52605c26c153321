using System.Runtime.InteropServices;
using System.Text;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>The arguments and the environment of a program as C wants them: arrays of texts that end with NUL. Pinned, and cleared on dispose.</summary>
internal sealed unsafe class ProgramStart : IDisposable
{
    private readonly PinnedWriter _environment;
    private readonly PinnedWriter _arguments;
    private readonly nint[] _environmentPlaces;
    private readonly nint[] _argumentPlaces;

    private ProgramStart(PinnedWriter arguments, PinnedWriter environment)
    {
        (_arguments, _environment) = (arguments, environment);
        (_argumentPlaces, _environmentPlaces) = (Places(arguments), Places(environment));
    }

    public byte* File => (byte*)_argumentPlaces[0];

    public byte** Arguments => (byte**)Marshal.UnsafeAddrOfPinnedArrayElement(_argumentPlaces, 0);

    public byte** Environment => (byte**)Marshal.UnsafeAddrOfPinnedArrayElement(_environmentPlaces, 0);

    /// <param name="command">The program and its arguments.</param>
    public static ProgramStart Of(IReadOnlyList<string> command, ProgramVariables variables)
    {
        var arguments = new PinnedWriter(256);
        foreach (var argument in command)
        {
            var length = Encoding.UTF8.GetBytes(argument, arguments.GetSpan(Encoding.UTF8.GetMaxByteCount(argument.Length) + 1));
            arguments.GetSpan()[length] = 0;
            arguments.Advance(length + 1);
        }
        using var inherited = ProgramNative.InheritedEnvironment();
        return new(arguments, variables.Write(inherited.WrittenSpan));
    }

    public void Dispose()
    {
        _environment.Dispose();
        _arguments.Dispose();
    }

    /// <summary>Where each text begins, and a null at the end.</summary>
    private static nint[] Places(PinnedWriter texts)
    {
        var bytes = texts.WrittenSpan;
        var places = GC.AllocateArray<nint>(bytes.Count((byte)0) + 1, pinned: true);
        if (bytes.IsEmpty) return places;
        var first = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)); // the buffers of PinnedWriter never move
        for (var (place, text) = (0, 0); place < bytes.Length; place += bytes[place..].IndexOf((byte)0) + 1) places[text++] = first + place;
        return places;
    }
}
