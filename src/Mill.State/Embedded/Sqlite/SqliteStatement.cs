using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Mill.State.Embedded.Sqlite;

/// <summary>A prepared statement, used again and again.</summary>
internal sealed class SqliteStatement : SafeHandleZeroOrMinusOneIsInvalid
{
    private const nint Transient = -1; // SQLite takes its own copy
    private static readonly byte[] Nothing = new byte[1]; // a null pointer would bind NULL instead of an empty text

    private readonly SqliteConnection _connection;

    public SqliteStatement(SqliteConnection connection, nint statement)
        : base(ownsHandle: true)
    {
        _connection = connection;
        SetHandle(statement);
    }

    public void Bind(int index, long value) => _connection.Check(SqliteNative.BindInteger(this, index, value));

    public void Bind(int index, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        BindBlob(index, bytes);
    }

    public unsafe void BindText(int index, ReadOnlySpan<byte> utf8)
    {
        fixed (byte* text = utf8.IsEmpty ? Nothing : utf8)
            _connection.Check(SqliteNative.BindText(this, index, text, utf8.Length, Transient));
    }

    public unsafe void BindBlob(int index, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* blob = bytes.IsEmpty ? Nothing : bytes)
            _connection.Check(SqliteNative.BindBlob(this, index, blob, bytes.Length, Transient));
    }

    /// <summary>True while there is a row to read.</summary>
    public bool Step()
    {
        var code = SqliteNative.Step(this);
        if (code == SqliteCode.Row)
            return true;
        if (code == SqliteCode.Done)
            return false;

        try
        {
            _connection.Check(code);
            return false;
        }
        finally
        {
            Reset();
        }
    }

    public void Run()
    {
        while (Step())
        {
        }

        Reset();
    }

    public void Reset()
    {
        // The code that reset returns is the one that step has already reported.
        _ = SqliteNative.Reset(this);
        _ = SqliteNative.ClearBindings(this);
    }

    public long Integer(int column) => SqliteNative.ColumnInteger(this, column);

    /// <summary>To be asked before <see cref="Bytes"/>, which may convert.</summary>
    public bool IsText(int column) => SqliteNative.ColumnType(this, column) == SqliteCode.TypeText;

    /// <summary>The bytes of a text or blob, valid until the next step.</summary>
    public unsafe ReadOnlySpan<byte> Bytes(int column)
    {
        var start = SqliteNative.ColumnBlob(this, column);
        return new(start, SqliteNative.ColumnLength(this, column));
    }

    /// <summary>A 16-byte blob. Any other length reads as zero, which no checksum is in practice.</summary>
    public UInt128 Number(int column)
    {
        var bytes = Bytes(column);
        return bytes.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : UInt128.Zero;
    }

    protected override bool ReleaseHandle()
    {
        _ = SqliteNative.Finish(handle);
        return true;
    }
}
