using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Mill.Client.Watching;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Providers.Files;

namespace Mill.Client.Providers;

/// <summary>
/// The values that were used last, in a file for the next start: sealed by AES-256-GCM under a key that HKDF (RFC 5869) makes of the token, so that who cannot ask the vault cannot read it either. The
/// address, the tenant and the prefix are authenticated.
/// </summary>
internal sealed class LastGood(string path, VaultProviderOptions options, VaultSession session, VaultCache cache)
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private const string TemporaryEnd = ".new";

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    /// <summary>Nobody takes that long to write a file: it was left by a process that was killed.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(10);

    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Backoff _backoff = new(options.Server.Time);
    private volatile SecretUnavailableException? _error;
    private long _answered; // ticks of UTC of the vault's last word; 0 before the first

    private static ReadOnlySpan<byte> Header => "mill last good 2\n"u8;

    /// <summary>Why the file could not be written the last time; null where it could.</summary>
    public SecretUnavailableException? Error => _error;

    /// <summary>When the values were the vault's that <see cref="Load"/> read; null where it read none.</summary>
    public DateTimeOffset? Saved { get; private set; }

    /// <summary>The vault has just said something.</summary>
    public void Changed()
    {
        Interlocked.Exchange(ref _answered, options.Server.Time.GetUtcNow().UtcTicks);
        Ring();
    }

    /// <summary>True where something was read. A file that is missing, damaged, or sealed by another token is none.</summary>
    public bool Load()
    {
        try
        {
            var file = File.ReadAllBytes(path);
            if (session.Token is not { } token || file.Length < Header.Length + NonceSize + TagSize || !file.AsSpan().StartsWith(Header)) return false;
            var nonce = file.AsSpan(Header.Length, NonceSize);
            var tag = file.AsSpan(Header.Length + NonceSize, TagSize);
            var sealedBytes = file.AsSpan(Header.Length + NonceSize + TagSize);
            using var text = new PinnedWriter(Math.Max(1, sealedBytes.Length));
            using var cipher = Cipher(token);
            cipher.Decrypt(nonce, sealedBytes, tag, text.GetSpan(sealedBytes.Length)[..sealedBytes.Length], Bound());
            text.Advance(sealedBytes.Length);
            Take(text.WrittenSpan);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Writes the file soon after each change, and at the end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            DeleteAbandoned();
            await foreach (var _ in _bell.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(Settling, options.Server.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Save();
                if (_error is null) continue;
                Ring();
                await _backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            if (_bell.Reader.TryRead(out var _)) Save();
        }
    }

    private void Ring() => _bell.Writer.TryWrite(true);

    /// <summary>When what is kept was the vault's, all of it. It may be written much later, and some of it may be from the file and not have been asked for since.</summary>
    private DateTimeOffset Known() => Saved is { } saved && cache.Keys.Any(key => cache.Find(key) is { Secret: not null, Asked: 0 }) ? saved : new(Interlocked.Read(ref _answered), TimeSpan.Zero);

    private void Save()
    {
        if (session.Token is not { } token) return;
        using var text = new PinnedWriter();
        WriteTime(Known(), text);
        foreach (var key in cache.Keys)
        {
            if (cache.Find(key)?.Secret is not { } stored || stored.TryCopy() is not { } value) continue;
            using (value) Write(key, stored.Version ?? 0, value, text);
        }
        var file = new byte[Header.Length + NonceSize + TagSize + text.WrittenCount];
        Header.CopyTo(file);
        var nonce = file.AsSpan(Header.Length, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = Cipher(token);
        cipher.Encrypt(nonce, text.WrittenSpan, file.AsSpan(Header.Length + NonceSize + TagSize), file.AsSpan(Header.Length + NonceSize, TagSize), Bound());
        Replace(file);
    }

    private void Replace(ReadOnlySpan<byte> file)
    {
        var temporary = $"{path}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}{TemporaryEnd}"; // others may write theirs beside it
        try
        {
            using (var stream = new FileStream(temporary, AtomicFile.Private(FileMode.CreateNew)))
            {
                stream.Write(file);
                // The new name must not reach the disk before the bytes do.
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
            _error = null;
            _backoff.Reset();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is for a day that may never come: the program does not stop for it, but may ask.
            _error = new(options.Name, $"The last good values are not kept: {path} cannot be written: {e.Message}", e);
            TryDelete(temporary);
        }
    }

    private void DeleteAbandoned()
    {
        try
        {
            var before = options.Server.Time.GetUtcNow() - Abandoned;
            foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(path))!, $"{Path.GetFileName(path)}.*{TemporaryEnd}"))
            {
                if (File.GetLastWriteTimeUtc(left) < before) TryDelete(left);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be listed cannot be written either, which is said then.
        }
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is sealed, and goes at the next start.
        }
    }

    private static void WriteTime(DateTimeOffset time, PinnedWriter text)
    {
        BinaryPrimitives.WriteInt64LittleEndian(text.GetSpan(sizeof(long)), time.UtcTicks);
        text.Advance(sizeof(long));
    }

    private static void Write(string key, int version, SecretValue value, PinnedWriter text)
    {
        var name = Encoding.UTF8.GetBytes(key);
        Number(name.Length);
        text.Write(name);
        Number(version);
        Number(value.Length);
        value.Reveal(text, static (bytes, to) => to.Write(bytes));

        void Number(int number)
        {
            BinaryPrimitives.WriteInt32LittleEndian(text.GetSpan(sizeof(int)), number);
            text.Advance(sizeof(int));
        }
    }

    /// <summary>What was sealed is as it was written: nothing of it is checked again.</summary>
    private void Take(ReadOnlySpan<byte> text)
    {
        Saved = new(BinaryPrimitives.ReadInt64LittleEndian(text), TimeSpan.Zero);
        text = text[sizeof(long)..];
        while (!text.IsEmpty)
        {
            var key = Encoding.UTF8.GetString(Part(ref text));
            var version = Number(ref text);
            cache.Put(key, SecretValue.FromBytes(Part(ref text)), version, asked: 0);
        }
    }

    private static ReadOnlySpan<byte> Part(ref ReadOnlySpan<byte> text)
    {
        var length = Number(ref text);
        var part = text[..length];
        text = text[length..];
        return part;
    }

    private static int Number(ref ReadOnlySpan<byte> text)
    {
        var number = BinaryPrimitives.ReadInt32LittleEndian(text);
        text = text[sizeof(int)..];
        return number;
    }

    private static AesGcm Cipher(string token)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(token), key, [], "mill/v1/last-good"u8);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    private byte[] Bound() => Encoding.UTF8.GetBytes($"{options.Server.Address}\n{options.Server.Tenant}\n{options.Prefix}");
}
