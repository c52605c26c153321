using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Secrets;

namespace Mill.Core.Sync;

/// <summary>When changes were made at a GitHub within the last hour: bounded, because GitHub takes so many and no more.</summary>
/// <param name="Writes">The earliest first.</param>
/// <param name="BlockedUntil">Before that GitHub wants no requests; null where it said nothing like that.</param>
public sealed record WriteTimes(ImmutableArray<DateTimeOffset> Writes, DateTimeOffset? BlockedUntil)
{
    public static readonly WriteTimes None = new([], null);

    /// <summary>How long a change counts: an hour, and as long as it may have been on its way.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromHours(1) + TimeSpan.FromSeconds(10);

    private const int Format = 1;

    /// <summary>What GitHub takes in that time: of more, only the last so many keep anybody waiting.</summary>
    private const int Most = 500;

    /// <summary>GitHub asks for an hour at most; whoever noted a later time had another clock.</summary>
    private static readonly TimeSpan LongestBlock = TimeSpan.FromHours(2);

    /// <summary>What of it counts. The clock of whoever noted a change that is still to come is ahead: it counts as now.</summary>
    public WriteTimes Counting(DateTimeOffset now) => new(
        [.. Writes.Where(at => at > now - Span).Select(at => at > now ? now : at).Order().TakeLast(Most)],
        BlockedUntil > now && BlockedUntil <= now + LongestBlock ? BlockedUntil : null);

    /// <summary>As the vault keeps it; the caller disposes it.</summary>
    public SecretValue Write()
    {
        var (writes, last) = (new List<long>(Writes.Length), 0L);
        foreach (var at in Writes.Select(at => at.ToUnixTimeMilliseconds()).Order())
        {
            writes.Add(at - last);
            last = at;
        }
        return SecretValue.FromBytes(JsonSerializer.SerializeToUtf8Bytes(new WriteTimesDocument(Format, writes) { BlockedUntil = BlockedUntil?.ToUnixTimeMilliseconds() }, WriteTimesJson.Default.WriteTimesDocument));
    }

    /// <summary><see cref="None"/> where it is something else: to count too few for an hour does less harm than to go on never.</summary>
    public static WriteTimes Read(SecretValue text)
    {
        try
        {
            if (text.Reveal(bytes => JsonSerializer.Deserialize(bytes, WriteTimesJson.Default.WriteTimesDocument)) is not { Format: Format } document) return None;
            var (writes, last) = (ImmutableArray.CreateBuilder<DateTimeOffset>(), 0L);
            foreach (var since in document.Writes) writes.Add(DateTimeOffset.FromUnixTimeMilliseconds(last = checked(last + since)));
            return new(writes.ToImmutable(), document.BlockedUntil is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null);
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException or OverflowException)
        {
            return None;
        }
    }
}

/// <param name="Writes">Each in milliseconds since the one before, the first since 1970: every change makes a version of this.</param>
internal sealed record WriteTimesDocument(int Format, IReadOnlyList<long> Writes)
{
    /// <summary>In milliseconds since 1970.</summary>
    public long? BlockedUntil { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(WriteTimesDocument))]
internal sealed partial class WriteTimesJson : JsonSerializerContext;
