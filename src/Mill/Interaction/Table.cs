namespace Mill.Interaction;

/// <summary>Rows for a person or a program: drawn on a screen, separated by tabs and without headings in a pipe.</summary>
internal sealed class Table(params Column[] columns)
{
    private readonly List<string[]> _rows = [];

    public IReadOnlyList<Column> Columns => columns;

    public IReadOnlyList<string[]> Rows => _rows;

    public void Add(params string[] cells) => _rows.Add(Array.ConvertAll(cells, Printable.From));

    /// <param name="mark">What lines of a pipe begin with, where several tables go into one; null for nothing.</param>
    public void WriteTo(Terminal terminal, string? mark = null)
    {
        // Another class, so that the drawing library is only loaded where something is drawn.
        if (terminal.OutputIsTerminal) DrawnTable.WriteTo(terminal, this);
        else foreach (var row in _rows) terminal.WriteLine(string.Join('\t', mark is null ? row : [mark, .. row]));
    }
}

/// <param name="MayWrap">What people chose themselves may take a second line where there is no room; ids and times are copied, and stay whole.</param>
internal readonly record struct Column(string Heading, bool MayWrap)
{
    public static implicit operator Column(string heading) => new(heading, MayWrap: false);

    public static Column Wrapping(string heading) => new(heading, MayWrap: true);
}
