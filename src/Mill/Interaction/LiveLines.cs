using System.Text;

namespace Mill.Interaction;

/// <summary>Some lines of a screen that are written over when there is something new. Only for an output that is one.</summary>
internal sealed class LiveLines(Terminal terminal)
{
    // ECMA-48: up by so many lines, and erase from there to the end of the screen.
    private const string Escape = "\u001b[";

    private int _drawn;

    /// <param name="lines">None of them wider than the screen.</param>
    public void Draw(IReadOnlyList<string> lines)
    {
        // What has left the screen at its top cannot be written over.
        var shown = lines.Count < terminal.Height ? lines : [.. lines.Take(Math.Max(1, terminal.Height - 2)), Words.MoreLines(lines.Count - Math.Max(1, terminal.Height - 2))];
        var text = new StringBuilder();
        if (_drawn > 0) text.Append(Escape).Append(_drawn).Append('A').Append('\r').Append(Escape).Append('J');
        foreach (var line in shown) text.Append(line).Append('\n');
        terminal.Write(Encoding.UTF8.GetBytes(text.ToString()));
        terminal.Output.Flush();
        _drawn = shown.Count;
    }
}
