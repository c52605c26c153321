using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Mill.Core.Model;

/// <summary>
/// Reads the JSON of a <see cref="SecretVersion"/>, by hand: its bytes go into one array, and a text that belongs at another key is none. It is as strict as the serializer
/// is told to be for the other records, and tests hold the two together: every member once, none unknown, nothing null that may not be.
/// </summary>
/// <remarks>
/// Stricter in three things, which Mill never writes: states and kinds have one spelling (the serializer takes capitals and spaces), the format must be there,
/// and bytes must not be null (no array is behind them that could be).
/// Throws <see cref="JsonException"/> and nothing else.
/// </remarks>
internal ref struct SecretVersionReader
{
    private const int Optional = 1 << (int)Member.ValidTo;
    private const int All = (1 << (int)Member.Format + 1) - 1;

    private const int MaxOnStack = 4096;

    private static readonly byte[][] Names =
    [
        [.. "tenant"u8], [.. "name"u8], [.. "version"u8], [.. "valid_from"u8], [.. "valid_to"u8], [.. "state"u8], [.. "created_by"u8], [.. "request_id"u8], [.. "kind"u8],
        [.. "key_id"u8], [.. "wrap_salt"u8], [.. "wrapped_key"u8], [.. "key_commitment"u8], [.. "nonce"u8], [.. "ciphertext"u8], [.. "prev"u8], [.. "format"u8],
    ];

    private readonly Span<byte> _scratch;
    private int _used;
    private Utf8JsonReader _json;
    private int _seen;

    /// <param name="scratch">At least as long as the JSON.</param>
    private SecretVersionReader(ReadOnlySpan<byte> json, Span<byte> scratch)
    {
        _json = new(json);
        _scratch = scratch;
    }

    /// <summary>In the order of <see cref="Names"/>.</summary>
    private enum Member
    {
        Tenant,
        Name,
        Version,
        ValidFrom,
        ValidTo,
        State,
        CreatedBy,
        RequestId,
        Kind,
        KeyId,
        WrapSalt,
        WrappedKey,
        KeyCommitment,
        Nonce,
        Ciphertext,
        Prev,
        Format,
    }

    public static SecretVersion Read(SecretVersionKey key, ReadOnlySpan<byte> json)
    {
        try
        {
            var scratch = json.Length <= MaxOnStack ? stackalloc byte[MaxOnStack] : new byte[json.Length];
            return SecretVersionScan.TryRead(key, json, scratch) ?? new SecretVersionReader(json, scratch).Read(key);
        }
        catch (InvalidOperationException)
        {
            // Any look at a text can end like this, a comparison too: bytes that are no UTF-8, or half of a pair, as in "\ud800".
            throw new JsonException("a text is not UTF-8"); // without the cause, which quotes it
        }
    }

    private SecretVersion Read(SecretVersionKey key)
    {
        SecretVersionFields fields = new() { CreatedBy = "", RequestId = "", KeyId = "" };
        Demand(_json.Read() && _json.TokenType is JsonTokenType.StartObject);
        while (_json.Read() && _json.TokenType is JsonTokenType.PropertyName)
        {
            var member = ReadName();
            Demand(_json.Read());
            switch (member)
            {
                case Member.Tenant: DemandSame(key.Tenant.Value); break;
                case Member.Name: DemandSame(key.Name.Value); break;
                case Member.Version: fields.Version = (int)Number(int.MinValue, int.MaxValue); break;
                case Member.ValidFrom: fields.ValidFrom = new(Number(long.MinValue, long.MaxValue)); break;
                case Member.ValidTo: fields.ValidTo = IsNull() ? null : new Timestamp(Number(long.MinValue, long.MaxValue)); break;
                case Member.State: fields.State = State(); break;
                case Member.CreatedBy: fields.CreatedBy = Text(); break;
                case Member.RequestId: fields.RequestId = Text(); break;
                case Member.Kind: fields.Kind = Kind(); break;
                case Member.KeyId: fields.KeyId = Text(); break;
                case Member.WrapSalt: fields.WrapSalt = Bytes(); break;
                case Member.WrappedKey: fields.WrappedKey = IsNull() ? null : _scratch[Bytes()].ToArray(); break;
                case Member.KeyCommitment: fields.KeyCommitment = Bytes(); break;
                case Member.Nonce: fields.Nonce = Bytes(); break;
                case Member.Ciphertext: fields.Ciphertext = Bytes(); break;
                case Member.Prev: fields.Prev = Bytes(); break;
                case Member.Format: fields.Format = (int)Number(int.MinValue, int.MaxValue); break;
            }
        }
        Demand(_json.TokenType is JsonTokenType.EndObject && !_json.Read());
        Demand((_seen | Optional) == All);
        return fields.ToRecord(key, _scratch[.._used]);
    }

    private static void Demand(bool holds)
    {
        if (!holds) throw new JsonException("it is no version of a secret");
    }

    private Member ReadName()
    {
        for (var member = 0; member < Names.Length; member++)
        {
            if (!_json.ValueTextEquals(Names[member])) continue;
            Demand((_seen & (1 << member)) == 0);
            _seen |= 1 << member;
            return (Member)member;
        }
        throw new JsonException("a member is not known");
    }

    private readonly bool IsNull() => _json.TokenType is JsonTokenType.Null;

    private readonly void DemandSame(string text)
    {
        Demand(_json.TokenType is JsonTokenType.String);
        if (!_json.ValueTextEquals(text)) throw new JsonException("it belongs at another key");
    }

    private readonly long Number(long least, long most)
    {
        var number = 0L;
        Demand(_json.TokenType is JsonTokenType.Number && _json.TryGetInt64(out number) && number >= least && number <= most);
        return number;
    }

    private readonly VersionState State()
    {
        Demand(_json.TokenType is JsonTokenType.String);
        foreach (var state in (ReadOnlySpan<VersionState>)[VersionState.Superseded, VersionState.Current, VersionState.Deleted, VersionState.Destroyed])
        {
            if (_json.ValueTextEquals(RecordTexts.Of(state))) return state;
        }
        throw new JsonException("its state is not known");
    }

    private readonly ValueKind Kind()
    {
        Demand(_json.TokenType is JsonTokenType.String);
        if (_json.ValueTextEquals(RecordTexts.Of(ValueKind.Text))) return ValueKind.Text;
        Demand(_json.ValueTextEquals(RecordTexts.Of(ValueKind.Binary)));
        return ValueKind.Binary;
    }

    private readonly string Text()
    {
        Demand(_json.TokenType is JsonTokenType.String);
        return _json.GetString()!;
    }

    /// <summary>Where in the scratch the bytes of a base64 text went.</summary>
    private Range Bytes()
    {
        Demand(_json.TokenType is JsonTokenType.String);
        var start = _used;
        var free = _scratch[start..];
        var length = 0;
        if (_json.ValueIsEscaped)
        {
            Demand(Base64.DecodeFromUtf8InPlace(free[.._json.CopyString(free)], out length) is OperationStatus.Done);
        }
        else
        {
            Demand(Base64.DecodeFromUtf8(_json.ValueSpan, free, out _, out length) is OperationStatus.Done);
        }
        _used += length;
        return start.._used;
    }
}
