using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Sync.Sealing;

/// <summary>A message that only the owner of a key can open, and that does not say who made it.</summary>
internal static unsafe class SealedBox
{
    public const int KeyLength = 32;

    /// <summary>What a box is longer than its message: a public key and a tag.</summary>
    public const int Overhead = 48;

    private static readonly Lazy<bool> Ready = new(Load);

    /// <summary>Seals for <paramref name="publicKey"/>, 32 bytes. Throws <see cref="MillError.Unsupported"/> where libsodium is not installed.</summary>
    public static byte[] Seal(SecretValue message, ReadOnlySpan<byte> publicKey)
    {
        Demand(publicKey.Length == KeyLength);
        var box = new byte[message.Length + Overhead];
        var key = publicKey.ToArray();
        message.Reveal((box, key), static (bytes, made) =>
        {
            fixed (byte* from = bytes, to = made.box, recipient = made.key)
            {
                if (SodiumNative.Seal(to, from, (ulong)bytes.Length, recipient) != 0) throw new CryptographicException("The value could not be sealed.");
            }
        });
        return box;
    }

    /// <summary>Null where the box is not one for this key, or was changed.</summary>
    public static SecretValue? Open(ReadOnlySpan<byte> box, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> secretKey)
    {
        Demand(publicKey.Length == KeyLength && secretKey.Length == KeyLength);
        if (box.Length < Overhead) return null;
        using var message = new PinnedWriter(box.Length);
        var length = box.Length - Overhead;
        fixed (byte* from = box, own = publicKey, secret = secretKey, to = message.GetSpan(Math.Max(length, 1)))
        {
            if (SodiumNative.Open(to, from, (ulong)box.Length, own, secret) != 0) return null;
        }
        message.Advance(length);
        return SecretValue.FromBytes(message.WrittenSpan);
    }

    public static (byte[] Public, byte[] Secret) NewKeyPair()
    {
        Demand(true);
        var (own, secret) = (new byte[KeyLength], new byte[KeyLength]);
        fixed (byte* first = own, second = secret) _ = SodiumNative.NewKeyPair(first, second);
        return (own, secret);
    }

    private static void Demand(bool isKey)
    {
        if (!isKey) throw new ArgumentException("A key has 32 bytes.");
        if (!Ready.Value) throw new MillException(MillError.Unsupported, $"libsodium ({SodiumNative.Library}) is not installed on this machine; secrets for GitHub are sealed with it.") { Hint = "Install it. On Debian or Ubuntu: apt install libsodium23" };
    }

    private static bool Load()
    {
        try
        {
            return SodiumNative.Initialize() >= 0;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }
}
