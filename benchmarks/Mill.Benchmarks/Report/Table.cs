namespace Mill.Benchmarks.Report;

/// <summary>Findings as a Markdown table whose columns line up, so that it reads well in a terminal too.</summary>
internal static class Table
{
    public static string Render(IReadOnlyList<Finding> findings)
    {
        string[][] rows =
        [
            ["scenario", "what", "measured", "against", "bar", ""],
            .. findings.Select(finding => new[] { finding.Scenario, finding.What, finding.Measured, finding.Against, finding.Bar, finding.Verdict }),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        string[] rule = [.. widths.Select(width => new string('-', Math.Max(width, 1)))];
        return string.Join('\n', new[] { rows[0], rule }.Concat(rows.Skip(1)).Select(row => Line(row, widths)));
    }

    private static string Line(string[] cells, int[] widths) => $"| {string.Join(" | ", cells.Select((cell, column) => cell.PadRight(widths[column])))} |";
}
