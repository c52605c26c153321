using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Mill.State.Embedded;

/// <summary>
/// The last acknowledged revision, outside the database. SQLite ends its log at the first bad frame without a word, so one flipped bit there
/// takes acknowledged commits away and leaves a valid, older store: only a second witness can tell.
/// </summary>
/// <remarks>
/// It is written after the commit and without fsync: after a power cut it may lag behind the store, which is harmless, but it never leads it.
/// A missing anchor is taken as "removed on purpose", which is how an older copy of the store is accepted.
/// </remarks>
internal sealed class Anchor : IDisposable
{
    private readonly SafeFileHandle _file;

    private Anchor(SafeFileHandle file) => _file = file;

    /// <summary>The revision and digest an anchor holds, or null if there is none. Throws StorageDamaged if it does not hold together.</summary>
    public static (long Revision, UInt128 Digest)? Read(StoreFiles files)
    {
        if (!File.Exists(files.Anchor))
            return null;

        var bytes = File.ReadAllBytes(files.Anchor);
        var parts = Encoding.ASCII.GetString(bytes).Split(' ');
        if (parts.Length == 5
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            && UInt128.TryParse(parts[3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digest)
            && Format(revision, digest).AsSpan().SequenceEqual(bytes))
            return (revision, digest);

        throw StorageFailure.Damaged(files.Anchor, "this file no longer tells which commit was the last.");
    }

    /// <summary>Replaces the anchor durably, and keeps it open for <see cref="Write"/>.</summary>
    public static Anchor Start(StoreFiles files, StoreHead head)
    {
        var draft = files.Anchor + ".new";
        StoreFiles.CreatePrivate(draft);
        using (var file = File.OpenHandle(draft, FileMode.Open, FileAccess.Write))
        {
            RandomAccess.Write(file, Format(head.Revision, head.Digest), fileOffset: 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(draft, files.Anchor, overwrite: true);
        Libc.SyncDirectory(files.Directory);
        return new Anchor(File.OpenHandle(files.Anchor, FileMode.Open, FileAccess.Write, FileShare.ReadWrite));
    }

    /// <summary>Every anchor has the same length, so this overwrites in place and needs no space.</summary>
    public void Write(StoreHead head) => RandomAccess.Write(_file, Format(head.Revision, head.Digest), fileOffset: 0);

    public void Dispose() => _file.Dispose();

    private static byte[] Format(long revision, UInt128 digest)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"mill-anchor 1 {revision:D19} {digest:x32} ");
        var check = SHA256.HashData(Encoding.ASCII.GetBytes(text));
        return Encoding.ASCII.GetBytes($"{text}{Convert.ToHexStringLower(check.AsSpan(0, 8))}\n");
    }
}
