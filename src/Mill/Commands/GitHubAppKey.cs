using Mill.Interaction;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Commands;

/// <summary>The file with the private key of a GitHub App, which is its owner's alone.</summary>
internal static class GitHubAppKey
{
    private const int Longest = 16 << 10; // bytes; GitHub's keys have 1.7 KB

    /// <summary>The caller disposes it. Throws <see cref="MillError.Configuration"/> where others may read the file, or it is too long for a key, and <see cref="MillError.Usage"/> where it cannot be read.</summary>
    public static SecretValue Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            if (PrivateFile.IsExposed(file)) throw new MillException(MillError.Configuration, Words.GitHubAppKeyExposed(path)) { Hint = $"chmod 600 {path}" };
            using var bytes = new PinnedWriter(Longest + 1);
            bytes.Advance(file.ReadAtLeast(bytes.GetSpan(), Longest + 1, throwOnEndOfStream: false));
            return bytes.WrittenCount <= Longest ? SecretValue.FromBytes(bytes.WrittenSpan) : throw new MillException(MillError.Configuration, Words.GitHubAppKeyTooLong(path)) { Hint = Words.GitHubAppKeyHint };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.Usage, Words.FileUnreadable(path, e.Message), e) { Hint = Words.GitHubAppKeyHint };
        }
    }
}
