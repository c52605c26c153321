using System.Globalization;
using System.Text;

namespace Mill.Core.Model;

/// <summary>A moment in UTC, in whole microseconds since 1970. Commit times, and with them validity intervals, are of this kind.</summary>
public readonly record struct Timestamp(long Microseconds) : IComparable<Timestamp>
{
    /// <summary>Of yyyy-MM-ddTHH:mm:ss.ffffffZ.</summary>
    public const int TextLength = 27;

    private static readonly string[] Accepted = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static bool operator <(Timestamp left, Timestamp right) => left.Microseconds < right.Microseconds;

    public static bool operator >(Timestamp left, Timestamp right) => left.Microseconds > right.Microseconds;

    public static bool operator <=(Timestamp left, Timestamp right) => left.Microseconds <= right.Microseconds;

    public static bool operator >=(Timestamp left, Timestamp right) => left.Microseconds >= right.Microseconds;

    public static Timestamp operator +(Timestamp moment, TimeSpan length) => new(moment.Microseconds + (length.Ticks / TimeSpan.TicksPerMicrosecond));

    public static Timestamp operator -(Timestamp moment, TimeSpan length) => new(moment.Microseconds - (length.Ticks / TimeSpan.TicksPerMicrosecond));

    /// <summary>Cuts off what is finer than a microsecond.</summary>
    public static Timestamp From(DateTimeOffset moment) => new((moment.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>Reads an RFC 3339 date and time with an offset or <c>Z</c>. Digits finer than a microsecond are cut off, however many there are.</summary>
    public static bool TryParse(string? text, out Timestamp timestamp)
    {
        timestamp = default;
        // The format accepts a missing offset and would then take the machine's own; RFC 3339 has none without one.
        if (text is not { Length: >= 20 and <= 40 } || !(text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')) return false;
        if (!DateTimeOffset.TryParseExact(WithoutFinestDigits(text.ToUpperInvariant()), Accepted, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment)) return false;
        timestamp = From(moment);
        return true;
    }

    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.UnixEpoch.AddTicks(Microseconds * TimeSpan.TicksPerMicrosecond);

    public int CompareTo(Timestamp other) => Microseconds.CompareTo(other.Microseconds);

    /// <summary>RFC 3339 with six digits, so that texts sort as the moments do.</summary>
    public override string ToString() => string.Create(TextLength, this, static (text, moment) =>
    {
        Span<byte> digits = stackalloc byte[TextLength];
        moment.Write(digits);
        Encoding.ASCII.GetChars(digits, text);
    });

    /// <summary>The same, as <see cref="TextLength"/> ASCII bytes. By hand: every answer has times, and a format that is interpreted costs as much as an encryption.</summary>
    public void Write(Span<byte> text)
    {
        var moment = ToDateTimeOffset();
        Digits(text[..4], moment.Year);
        text[4] = (byte)'-';
        Digits(text[5..7], moment.Month);
        text[7] = (byte)'-';
        Digits(text[8..10], moment.Day);
        text[10] = (byte)'T';
        Digits(text[11..13], moment.Hour);
        text[13] = (byte)':';
        Digits(text[14..16], moment.Minute);
        text[16] = (byte)':';
        Digits(text[17..19], moment.Second);
        text[19] = (byte)'.';
        Digits(text[20..26], (int)(moment.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond));
        text[26] = (byte)'Z';
    }

    private static void Digits(Span<byte> text, int number)
    {
        for (var i = text.Length - 1; i >= 0; i--) (text[i], number) = ((byte)('0' + (number % 10)), number / 10);
    }

    /// <summary>Nanoseconds are common, and more than the parser takes.</summary>
    private static string WithoutFinestDigits(string text)
    {
        const int FractionStart = 20; // of yyyy-MM-ddTHH:mm:ss.ffffff
        const int FractionEnd = 26;
        if (text[FractionStart - 1] != '.') return text;
        var end = FractionStart;
        while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        return end <= FractionEnd ? text : string.Concat(text.AsSpan(0, FractionEnd), text.AsSpan(end));
    }
}
