using System.Globalization;

namespace Mill.Benchmarks;

/// <summary>What <c>./bench</c> was asked for.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        usage: ./bench [reads|writes|size|cli|sdk|sync|deploy|cluster|failover|micro …] [--seconds N] [--rounds N] [--quick] [--directory D]

          --seconds N    how long one measurement of one round takes (5)
          --rounds N     how often each is measured, one after the other in turn (3)
          --quick        short and few: tells whether it runs, not how fast
          --directory D  where the data goes: must be a real disk (artifacts/bench)
        """;

    public static readonly IReadOnlyList<string> AllScenarios = ["reads", "writes", "size", "cli", "sdk", "sync", "deploy", "cluster", "failover", "micro"];

    public IReadOnlyList<string> Scenarios { get; init; } = AllScenarios;

    public double Seconds { get; init; } = 5;

    public int Rounds { get; init; } = 3;

    public bool IsQuick { get; init; }

    /// <summary>Root of the repository.</summary>
    public required string Root { get; init; }

    public required string Directory { get; init; }

    /// <summary>The program that is measured: what was built last, or another by <c>--mill</c>.</summary>
    public required string Mill { get; init; }

    /// <summary>Only a full run says enough to be written down.</summary>
    public bool IsFull => !IsQuick && Scenarios.Count == AllScenarios.Count;

    /// <summary>Throws <see cref="FormatException"/> with what is wrong.</summary>
    public static BenchOptions Parse(IReadOnlyList<string> arguments, string root)
    {
        var scenarios = new List<string>();
        var options = new BenchOptions { Root = root, Directory = Path.Combine(root, "artifacts/bench"), Mill = Path.Combine(root, "artifacts/publish/Mill/release/mill") };
        for (var i = 0; i < arguments.Count; i++)
        {
            options = arguments[i] switch
            {
                "--mill" => options with { Mill = Path.GetFullPath(Text(++i)) },
                "--quick" => options with { IsQuick = true, Seconds = 1, Rounds = 1 },
                "--seconds" => options with { Seconds = Number(++i) },
                "--rounds" => options with { Rounds = (int)Number(++i) },
                "--directory" => options with { Directory = Path.GetFullPath(Text(++i)) },
                var name when AllScenarios.Contains(name) => Keep(name),
                var other => throw new FormatException($"{other} is not known here."),
            };
        }
        return scenarios.Count == 0 ? options : options with { Scenarios = scenarios };

        BenchOptions Keep(string name)
        {
            scenarios.Add(name);
            return options;
        }

        string Text(int index) => index < arguments.Count ? arguments[index] : throw new FormatException($"{arguments[^1]} needs a value.");

        double Number(int index) => double.TryParse(Text(index), CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 600
            ? number
            : throw new FormatException($"{arguments[index - 1]} takes a number from 1 to 600.");
    }
}
