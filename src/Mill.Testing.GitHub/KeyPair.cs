using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mill.Testing.GitHub;

/// <summary>
/// What clients seal for, and what opens it: sealed boxes of libsodium (https://doc.libsodium.org/public-key_cryptography/sealed_boxes). Where that is not installed, the
/// first pair throws <see cref="DllNotFoundException"/> with a word on what to install.
/// </summary>
internal sealed unsafe partial class KeyPair
{
    public const int KeyLength = 32;

    /// <summary>What a box is longer than its message: a public key and a tag.</summary>
    public const int Overhead = 48;

    private const string Library = "libsodium.so.23";

    private readonly byte[] _public;
    private readonly byte[] _secret;

    /// <summary>Throws <see cref="ArgumentException"/> for keys that are not 32 bytes long.</summary>
    public KeyPair(byte[] publicKey, byte[] secretKey)
    {
        if (publicKey.Length != KeyLength || secretKey.Length != KeyLength) throw new ArgumentException($"A key has {KeyLength} bytes.");
        (_public, _secret) = (publicKey, secretKey);
    }

    public ReadOnlyMemory<byte> Public => _public;

    public static KeyPair New()
    {
        var (own, secret) = (new byte[KeyLength], new byte[KeyLength]);
        Demand(Library);
        if (Initialize() < 0) throw new CryptographicException("libsodium does not start.");
        fixed (byte* first = own, second = secret) _ = NewPair(first, second);
        return new(own, secret);
    }

    /// <summary>The usual message names a file, and not what it belongs to.</summary>
    internal static void Demand(string library)
    {
        if (!NativeLibrary.TryLoad(library, typeof(KeyPair).Assembly, null, out _)) throw new DllNotFoundException($"The fake GitHub needs libsodium, to open what is sealed for it, and there is no {library}. On Debian and Ubuntu: apt install libsodium23.");
    }

    /// <summary>Null where the box is not one for this key, or was changed.</summary>
    public byte[]? Open(ReadOnlySpan<byte> box)
    {
        if (box.Length < Overhead) return null;
        // An array of nothing has no address.
        var message = new byte[Math.Max(box.Length - Overhead, 1)];
        fixed (byte* from = box, own = _public, secret = _secret, to = message)
        {
            return OpenBox(to, from, (ulong)box.Length, own, secret) == 0 ? message[..(box.Length - Overhead)] : null;
        }
    }

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "crypto_box_keypair")]
    private static partial int NewPair(byte* publicKey, byte* secretKey);

    [LibraryImport(Library, EntryPoint = "crypto_box_seal_open")]
    private static partial int OpenBox(byte* message, byte* box, ulong boxLength, byte* publicKey, byte* secretKey);
}
