using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace Mill.Core.Model;

/// <summary>
/// Reads the JSON of a <see cref="SecretVersion"/> where it stands to the byte as <see cref="SecretVersionWriter"/> writes it: members in their order, no spaces,
/// nothing escaped, all ASCII. That is nearly every version there is, and a start reads them all. Whatever else it meets, it leaves to <see cref="SecretVersionReader"/>;
/// tests hold the two together.
/// </summary>
internal ref struct SecretVersionScan
{
    // Optimized from the first call on: when a large store is loaded, most of it would be over before the runtime found out that this is hot.
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    private const int KnownTexts = 64;

    // Most versions of a store were written by one of few, under one key: their texts are kept once.
    [ThreadStatic]
    private static string?[]? _knownTexts;

    private readonly Span<byte> _scratch;
    private ReadOnlySpan<byte> _rest;
    private int _used;
    private bool _fits = true;

    private SecretVersionScan(ReadOnlySpan<byte> json, Span<byte> scratch)
    {
        _rest = json;
        _scratch = scratch;
    }

    /// <summary>Null where it is no version as it is always written.</summary>
    /// <param name="scratch">At least as long as the JSON.</param>
    public static SecretVersion? TryRead(SecretVersionKey key, ReadOnlySpan<byte> json, Span<byte> scratch) => new SecretVersionScan(json, scratch).TryRead(key);

    [MethodImpl(Hot)]
    private SecretVersion? TryRead(SecretVersionKey key)
    {
        var fields = default(SecretVersionFields);
        Take("{\"tenant\":\""u8);
        TakeSame(key.Tenant.Value);
        Take("\",\"name\":\""u8);
        TakeSame(key.Name.Value);
        Take("\",\"version\":"u8);
        fields.Version = TakeSmallNumber();
        Take(",\"valid_from\":"u8);
        fields.ValidFrom = new(TakeNumber());
        Take(",\"valid_to\":"u8);
        fields.ValidTo = TryTake("null"u8) ? null : new Timestamp(TakeNumber());
        Take(",\"state\":\""u8);
        fields.State = TakeState();
        Take("\",\"created_by\":\""u8);
        fields.CreatedBy = KnownText(TakeText());
        Take("\",\"request_id\":\""u8);
        fields.RequestId = Encoding.ASCII.GetString(TakeText());
        Take("\",\"kind\":\""u8);
        fields.Kind = TakeKind();
        Take("\",\"key_id\":\""u8);
        fields.KeyId = KnownText(TakeText());
        Take("\",\"wrap_salt\":\""u8);
        fields.WrapSalt = TakeBytes();
        Take("\",\"wrapped_key\":"u8);
        fields.WrappedKey = TakeWrappedKey();
        Take(",\"key_commitment\":\""u8);
        fields.KeyCommitment = TakeBytes();
        Take("\",\"nonce\":\""u8);
        fields.Nonce = TakeBytes();
        Take("\",\"ciphertext\":\""u8);
        fields.Ciphertext = TakeBytes();
        Take("\",\"prev\":\""u8);
        fields.Prev = TakeBytes();
        Take("\",\"format\":"u8);
        fields.Format = TakeSmallNumber();
        Take("}"u8);
        return _fits && _rest.IsEmpty ? fields.ToRecord(key, _scratch[.._used]) : null;
    }

    [MethodImpl(Hot)]
    private bool TryTake(ReadOnlySpan<byte> text)
    {
        if (!_rest.StartsWith(text)) return false;
        _rest = _rest[text.Length..];
        return true;
    }

    private void Take(ReadOnlySpan<byte> text) => _fits = TryTake(text) && _fits;

    [MethodImpl(Hot)]
    private void TakeSame(string text)
    {
        _fits &= _rest.Length >= text.Length && Ascii.Equals(_rest[..text.Length], text);
        if (_fits) _rest = _rest[text.Length..];
    }

    /// <summary>Up to the quotation mark.</summary>
    [MethodImpl(Hot)]
    private ReadOnlySpan<byte> TakeText()
    {
        var rest = _rest;
        for (var i = 0; i < rest.Length && rest[i] is >= (byte)' ' and <= (byte)'~' and not (byte)'\\'; i++)
        {
            if (rest[i] is not (byte)'"') continue;
            _rest = rest[i..];
            return rest[..i];
        }
        _fits = false;
        return default;
    }

    [MethodImpl(Hot)]
    private long TakeNumber()
    {
        const int AlwaysFit = 18; // digits in a long
        var (number, count) = (0L, 0);
        while (count < _rest.Length && count <= AlwaysFit && _rest[count] is >= (byte)'0' and <= (byte)'9') number = (number * 10) + (_rest[count++] - '0');
        _fits &= count is > 0 and <= AlwaysFit && (_rest[0] is not (byte)'0' || count == 1);
        _rest = _rest[count..];
        return number;
    }

    private int TakeSmallNumber()
    {
        var number = TakeNumber();
        _fits &= number <= int.MaxValue;
        return (int)number;
    }

    private VersionState TakeState()
    {
        if (TryTake("current"u8)) return VersionState.Current;
        if (TryTake("superseded"u8)) return VersionState.Superseded;
        if (TryTake("deleted"u8)) return VersionState.Deleted;
        Take("destroyed"u8);
        return VersionState.Destroyed;
    }

    private ValueKind TakeKind()
    {
        if (TryTake("text"u8)) return ValueKind.Text;
        Take("binary"u8);
        return ValueKind.Binary;
    }

    private byte[]? TakeWrappedKey()
    {
        if (TryTake("null"u8)) return null;
        Take("\""u8);
        var key = _scratch[TakeBytes()].ToArray();
        Take("\""u8);
        return key;
    }

    /// <summary>Where in the scratch the bytes of a base64 text went.</summary>
    private Range TakeBytes()
    {
        var start = _used;
        _fits &= Base64.DecodeFromUtf8(TakeText(), _scratch[start..], out _, out var length) is OperationStatus.Done;
        _used += length;
        return start.._used;
    }

    /// <summary>A text of which there are few: the same one as before, where it is still at hand.</summary>
    [MethodImpl(Hot)]
    private static string KnownText(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return "";
        ref var known = ref (_knownTexts ??= new string?[KnownTexts])[(text.Length + text[0] + (text[^1] * 7)) % KnownTexts];
        return known is not null && Ascii.Equals(text, known) ? known : known = Encoding.ASCII.GetString(text);
    }
}
