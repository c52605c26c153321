using System.Runtime.InteropServices;

namespace Mill.Vault.Ciphers;

/// <summary>The part of OpenSSL's EVP interface that <see cref="AesGcm256"/> needs, from the library that .NET itself runs on (EVP_EncryptInit(3), OpenSSL 3).</summary>
internal static unsafe partial class OpenSslNative
{
    public const int SetTag = 0x11; // EVP_CTRL_AEAD_SET_TAG
    public const int GetTag = 0x10; // EVP_CTRL_AEAD_GET_TAG

    private const string Library = "libcrypto.so.3";

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_fetch", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint FetchCipher(nint library, string algorithm, nint properties);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_new")]
    public static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex")]
    public static partial int Begin(nint context, nint cipher, nint engine, byte* key, byte* nonce, int encrypts);

    [LibraryImport(Library, EntryPoint = "EVP_CipherUpdate")]
    public static partial int Update(nint context, byte* output, out int outputLength, byte* input, int inputLength);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_ctrl")]
    public static partial int Control(nint context, int type, int length, byte* argument);

    [LibraryImport(Library, EntryPoint = "EVP_CipherFinal_ex")]
    public static partial int Finish(nint context, byte* output, out int outputLength);

    /// <summary>What OpenSSL says of a failure stays with the thread until then, and TLS would take it for its own.</summary>
    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();
}
