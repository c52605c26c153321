using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Sync.Sealing;

/// <summary>A message that only the owner of a key can open, and that does not say who made it.</summary>
internal static unsafe class SealedBox
{
    public const int KeyLength = 32;

    /// <summary>What a box is longer than its message: a public key and a tag.</summary>
    public const int Overhead = 48;

    private static readonly Sodium Library = new(SodiumNative.Start);

    /// <summary>Seals for <paramref name="publicKey"/>, 32 bytes. Throws as <see cref="Sodium.Demand"/>.</summary>
    public static byte[] Seal(SecretValue message, ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != KeyLength) throw new ArgumentException($"A key has {KeyLength} bytes.", nameof(publicKey));
        Library.Demand();
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
}
