using System.Runtime.InteropServices;

namespace Mill.Sync.Sealing;

/// <summary>Sealed boxes of libsodium (https://doc.libsodium.org/public-key_cryptography/sealed_boxes), which .NET has no parts for: X25519, XSalsa20 and BLAKE2b.</summary>
internal static unsafe partial class SodiumNative
{
    public const string Library = "libsodium.so.23";

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    public static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "crypto_box_seal")]
    public static partial int Seal(byte* box, byte* message, ulong messageLength, byte* publicKey);

    [LibraryImport(Library, EntryPoint = "crypto_box_seal_open")]
    public static partial int Open(byte* message, byte* box, ulong boxLength, byte* publicKey, byte* secretKey);

    [LibraryImport(Library, EntryPoint = "crypto_box_keypair")]
    public static partial int NewKeyPair(byte* publicKey, byte* secretKey);
}
