using System.Runtime.InteropServices;

namespace Mill.Sync.Sealing;

/// <summary>Sealed boxes of libsodium (https://doc.libsodium.org/public-key_cryptography/sealed_boxes), which .NET has no parts for: X25519, XSalsa20 and BLAKE2b.</summary>
internal static unsafe partial class SodiumNative
{
    public const string Library = "libsodium.so.23";

    /// <summary>Less than 0 where it cannot be used. Finds everything that is needed, so that nothing is missed later.</summary>
    public static int Start()
    {
        Span<byte> room = stackalloc byte[SealedBox.KeyLength + SealedBox.Overhead];
        var started = Initialize();
        fixed (byte* key = room) _ = Seal(key + SealedBox.KeyLength, key, 0, key);
        return started;
    }

    [LibraryImport(Library, EntryPoint = "crypto_box_seal")]
    public static partial int Seal(byte* box, byte* message, ulong messageLength, byte* publicKey);

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialize();
}
