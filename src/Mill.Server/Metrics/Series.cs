using System.Globalization;
using System.Text;

namespace Mill.Server.Metrics;

/// <summary>What is measured under one set of labels.</summary>
internal abstract class Series(string labels)
{
    protected string Labels => labels;

    public abstract void Record(double value);

    public abstract void Render(StringBuilder to, string name);

    protected static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    protected static string Braces(string labels) => labels.Length == 0 ? "" : $"{{{labels}}}";
}

internal sealed class Sum(string labels) : Series(labels)
{
    private double _value;

    public override void Record(double value)
    {
        double seen;
        do seen = Volatile.Read(ref _value);
        while (Interlocked.CompareExchange(ref _value, seen + value, seen) != seen);
    }

    public override void Render(StringBuilder to, string name) => to.Append(name).Append(Braces(Labels)).Append(' ').Append(Number(Volatile.Read(ref _value))).Append('\n');
}

internal sealed class Gauge(string labels) : Series(labels)
{
    private double _value;

    public override void Record(double value) => Volatile.Write(ref _value, value);

    public override void Render(StringBuilder to, string name) => to.Append(name).Append(Braces(Labels)).Append(' ').Append(Number(Volatile.Read(ref _value))).Append('\n');
}

/// <summary>Counts per bucket; cumulative only when rendered.</summary>
internal sealed class Distribution(string labels, double[] bounds) : Series(labels)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private readonly Sum _sum = new(labels);

    public override void Record(double value)
    {
        var index = Array.BinarySearch(bounds, value);
        Interlocked.Increment(ref _counts[index >= 0 ? index : ~index]);
        _sum.Record(value);
    }

    public override void Render(StringBuilder to, string name)
    {
        var total = 0L;
        for (var i = 0; i <= bounds.Length; i++)
        {
            total += Interlocked.Read(ref _counts[i]);
            var bound = i < bounds.Length ? Number(bounds[i]) : "+Inf";
            to.Append(name).Append("_bucket{").Append(Labels).Append(Labels.Length > 0 ? "," : "").Append("le=\"").Append(bound).Append("\"} ").Append(total).Append('\n');
        }
        _sum.Render(to, name + "_sum");
        to.Append(name).Append("_count").Append(Braces(Labels)).Append(' ').Append(total).Append('\n');
    }
}
