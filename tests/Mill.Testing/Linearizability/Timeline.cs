using System.Text;

namespace Mill.Testing.Linearizability;

/// <summary>Draws operations as bars under each other. Moments are drawn in their order, not to scale: what matters is what came before what.</summary>
internal static class Timeline
{
    private const char Open = '>';

    public static string Of(IReadOnlyList<(long Invoked, long Responded, string Text)> operations)
    {
        var moments = operations.SelectMany(operation => new[] { operation.Invoked, operation.Responded }).Distinct().Order().ToList();
        var text = new StringBuilder();
        foreach (var (invoked, responded, label) in operations)
        {
            var (start, end) = (moments.BinarySearch(invoked), moments.BinarySearch(responded));
            var bar = $"{new string(' ', start)}[{new string('=', Math.Max(0, end - start - 1))}{(responded == long.MaxValue ? Open : ']')}";
            text.Append(bar.PadRight(moments.Count + 1)).Append(label).Append('\n');
        }
        return text.ToString();
    }
}
