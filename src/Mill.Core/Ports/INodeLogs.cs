using System.Text.Json.Serialization;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>What the containers of one node wrote, on the node itself. Values of secrets are masked before anything is kept.</summary>
public interface INodeLogs
{
    /// <summary>
    /// The last lines of an allocation, in the order in which they were written, and, where that is asked for, each one that comes after them, until the allocation has ended or the reader is cancelled. Throws
    /// <see cref="MillError.NotFound"/> for one of which nothing is kept here (any more). Where it is followed, <see cref="AllocLine.Mark"/> comes between what was kept and what comes after.
    /// </summary>
    /// <param name="tail">How many of those that are kept already, at most: there is a limit in bytes, too.</param>
    IAsyncEnumerable<AllocLine> ReadAsync(string allocId, int tail, bool follow, CancellationToken cancellationToken);
}

/// <summary>One line of a container.</summary>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
public sealed record AllocLine(DateTimeOffset At, string Stream, string Text)
{
    /// <summary>No line: all that was kept has come.</summary>
    public static AllocLine Mark { get; } = new(default, "", "");

    [JsonIgnore]
    public bool IsMark => Stream.Length is 0;
}
