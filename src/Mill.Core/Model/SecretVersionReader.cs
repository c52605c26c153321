using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Mill.Core.Model;

/// <summary>
/// Reads the JSON of a <see cref="SecretVersion"/>, by hand: a start reads every version there is, and waits for it. It is as strict as the serializer
/// is told to be for the other records, and tests hold the two together: every member once, none unknown, nothing null that may not be.
/// </summary>
/// <remarks>
/// Stricter in three things, which Mill never writes: states and kinds have one spelling (the serializer takes capitals and spaces), the format must be there,
/// and bytes must not be null (no array is behind them that could be).
/// Throws <see cref="JsonException"/> and nothing else.
/// </remarks>
internal ref struct SecretVersionReader
{
    // Optimized from the first call on: when a large store is loaded, most of it would be over before the runtime found out that this is hot.
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    private const int Optional = 1 << (int)Member.ValidTo;
    private const int All = (1 << (int)Member.Format + 1) - 1;

    private const int MaxOnStack = 4096;
    private const int KnownTexts = 64;

    private static readonly byte[][] Names =
    [
        [.. "tenant"u8], [.. "name"u8], [.. "version"u8], [.. "valid_from"u8], [.. "valid_to"u8], [.. "state"u8], [.. "created_by"u8], [.. "request_id"u8], [.. "kind"u8],
        [.. "key_id"u8], [.. "wrap_salt"u8], [.. "wrapped_key"u8], [.. "key_commitment"u8], [.. "nonce"u8], [.. "ciphertext"u8], [.. "prev"u8], [.. "format"u8],
    ];

    // Most versions of a store were written by one of few, under one key: their texts are kept once.
    [ThreadStatic]
    private static string?[]? _knownTexts;

    private readonly Span<byte> _scratch;
    private int _used;
    private Utf8JsonReader _json;
    private int _seen;
    private Member _expected;

    /// <param name="scratch">At least as long as the JSON.</param>
    private SecretVersionReader(ReadOnlySpan<byte> json, Span<byte> scratch)
    {
        _json = new(json);
        _scratch = scratch;
    }

    /// <summary>In the order in which they are written.</summary>
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
            return new SecretVersionReader(json, scratch).Read(key);
        }
        catch (InvalidOperationException)
        {
            // Any look at a text can end like this, a comparison too: bytes that are no UTF-8, or half of a pair, as in "\ud800".
            throw new JsonException("a text is not UTF-8"); // without the cause, which quotes it
        }
    }

    [MethodImpl(Hot)]
    private SecretVersion Read(SecretVersionKey key)
    {
        var (version, format) = (0, 0);
        var (validFrom, validTo) = (default(Timestamp), default(Timestamp?));
        var (state, kind) = (default(VersionState), default(ValueKind));
        string createdBy = "", requestId = "", keyId = "";
        Range wrapSalt = default, keyCommitment = default, nonce = default, ciphertext = default, prev = default;
        byte[]? wrappedKey = null;

        Demand(_json.Read() && _json.TokenType is JsonTokenType.StartObject);
        while (_json.Read() && _json.TokenType is JsonTokenType.PropertyName)
        {
            var member = ReadName();
            Demand(_json.Read());
            switch (member)
            {
                case Member.Tenant: DemandSame(key.Tenant.Value); break;
                case Member.Name: DemandSame(key.Name.Value); break;
                case Member.Version: version = (int)Number(int.MinValue, int.MaxValue); break;
                case Member.ValidFrom: validFrom = new(Number(long.MinValue, long.MaxValue)); break;
                case Member.ValidTo: validTo = IsNull() ? null : new Timestamp(Number(long.MinValue, long.MaxValue)); break;
                case Member.State: state = State(); break;
                case Member.CreatedBy: createdBy = KnownText(); break;
                case Member.RequestId: requestId = Text(); break;
                case Member.Kind: kind = Kind(); break;
                case Member.KeyId: keyId = KnownText(); break;
                case Member.WrapSalt: wrapSalt = Bytes(); break;
                case Member.WrappedKey: wrappedKey = IsNull() ? null : _scratch[Bytes()].ToArray(); break;
                case Member.KeyCommitment: keyCommitment = Bytes(); break;
                case Member.Nonce: nonce = Bytes(); break;
                case Member.Ciphertext: ciphertext = Bytes(); break;
                case Member.Prev: prev = Bytes(); break;
                case Member.Format: format = (int)Number(int.MinValue, int.MaxValue); break;
            }
        }
        Demand(_json.TokenType is JsonTokenType.EndObject && !_json.Read());
        Demand((_seen | Optional) == All);
        ReadOnlyMemory<byte> bytes = _scratch[.._used].ToArray();
        return new()
        {
            Tenant = key.Tenant,
            Name = key.Name,
            Version = version,
            ValidFrom = validFrom,
            ValidTo = validTo,
            State = state,
            CreatedBy = createdBy,
            RequestId = requestId,
            Kind = kind,
            KeyId = keyId,
            WrapSalt = bytes[wrapSalt],
            WrappedKey = wrappedKey,
            KeyCommitment = bytes[keyCommitment],
            Nonce = bytes[nonce],
            Ciphertext = bytes[ciphertext],
            Prev = bytes[prev],
            Format = format,
        };
    }

    private static void Demand(bool holds)
    {
        if (!holds) throw new JsonException("it is no version of a secret");
    }

    [MethodImpl(Hot)]
    private Member ReadName()
    {
        // The one that comes next where nobody touched the record, or else whichever it is.
        for (var i = 0; i < Names.Length; i++)
        {
            var member = (Member)(((int)_expected + i) % Names.Length);
            if (!_json.ValueTextEquals(Names[(int)member])) continue;
            Demand((_seen & (1 << (int)member)) == 0);
            _seen |= 1 << (int)member;
            _expected = member + 1;
            return member;
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

    /// <summary>A text of which there are few: the same one as before, where it is still at hand.</summary>
    private readonly string KnownText()
    {
        Demand(_json.TokenType is JsonTokenType.String);
        var bytes = _json.ValueSpan;
        ref var known = ref (_knownTexts ??= new string?[KnownTexts])[bytes.IsEmpty ? 0 : (bytes.Length + bytes[0] + (bytes[^1] * 7)) % KnownTexts];
        return known is not null && _json.ValueTextEquals(known) ? known : known = _json.GetString()!;
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
