using System.Runtime.ConstrainedExecution;
using System.Security.Cryptography;

namespace Mill.Vault.Ciphers;

/// <summary>Where OpenSSL keeps one AES-256-GCM under way. Each thread has one for all its life: to make one costs more than to use it.</summary>
internal sealed unsafe class CipherContext : CriticalFinalizerObject
{
    private static readonly byte[] NoKey = new byte[AesGcm256.KeySize];

    [ThreadStatic]
    private static CipherContext? _own;

    private readonly nint _context = OpenSslNative.NewContext();

    private CipherContext() => Check(_context == 0 ? 0 : OpenSslNative.Begin(_context, Algorithm.Cipher, 0, null, null, encrypts: 1));

    ~CipherContext() => OpenSslNative.FreeContext(_context);

    /// <summary>The calling thread's.</summary>
    public static CipherContext Own => _own ??= new();

    public void Begin(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, bool encrypts)
    {
        fixed (byte* keyBytes = key, nonceBytes = nonce) Check(OpenSslNative.Begin(_context, 0, 0, keyBytes, nonceBytes, encrypts ? 1 : 0));
        if (associatedData.IsEmpty) return;
        fixed (byte* data = associatedData) Check(OpenSslNative.Update(_context, null, out _, data, associatedData.Length));
    }

    public void Transform(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (input.IsEmpty) return;
        fixed (byte* from = input, to = output) Check(OpenSslNative.Update(_context, to, out _, from, input.Length));
    }

    public void FinishEncryption(Span<byte> tag)
    {
        byte none;
        Check(OpenSslNative.Finish(_context, &none, out _));
        fixed (byte* to = tag) Check(OpenSslNative.Control(_context, OpenSslNative.GetTag, tag.Length, to));
    }

    /// <summary>False where the tag is not that of what was decrypted.</summary>
    public bool TryFinishDecryption(ReadOnlySpan<byte> tag)
    {
        byte none;
        fixed (byte* from = tag) Check(OpenSslNative.Control(_context, OpenSslNative.SetTag, tag.Length, from));
        if (OpenSslNative.Finish(_context, &none, out _) == 1) return true;
        OpenSslNative.ClearErrors();
        return false;
    }

    /// <summary>Puts an empty key where the last one was expanded: nothing of that one, or of what it hid, stays behind.</summary>
    public void Forget()
    {
        fixed (byte* key = NoKey) Check(OpenSslNative.Begin(_context, 0, 0, key, null, encrypts: 1));
    }

    private static void Check(int result)
    {
        if (result == 1) return;
        OpenSslNative.ClearErrors();
        throw new CryptographicException("OpenSSL refused an operation of AES-256-GCM.");
    }

    /// <summary>Looked up once, when it is first needed.</summary>
    private static class Algorithm
    {
        public static readonly nint Cipher = OpenSslNative.FetchCipher(0, "AES-256-GCM", 0);
    }
}
