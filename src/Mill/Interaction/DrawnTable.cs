using Spectre.Console;

namespace Mill.Interaction;

/// <summary>A table as it stands on a screen.</summary>
internal static class DrawnTable
{
    public static void WriteTo(Terminal terminal, Table table)
    {
        foreach (var line in Lines(terminal, table)) terminal.WriteLine(line);
    }

    /// <summary>None of them wider than the screen.</summary>
    public static IReadOnlyList<string> Lines(Terminal terminal, Table table)
    {
        if (table.Rows.Count is 0) return [];
        var drawn = new Spectre.Console.Table { Border = TableBorder.None };
        foreach (var column in table.Columns)
        {
            var heading = new Text(column.Heading, new Style(decoration: Decoration.Bold));
            drawn.AddColumn(new TableColumn(heading) { Padding = new Padding(0, 0, 2, 0), NoWrap = !column.MayWrap });
        }
        foreach (var row in table.Rows) drawn.AddRow(row.Select(cell => new Text(cell)));

        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal.Color ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = terminal.Color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = terminal.Width;
        console.Write(drawn);
        return [.. text.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];
    }
}
