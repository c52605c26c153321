using Mill.Secrets;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Mill.Sync.Requirements;

/// <summary>Reads one YAML document, no deeper and no larger than anybody writes one by hand.</summary>
internal sealed class YamlReader
{
    private const int Deepest = 64;
    private const int MostNodes = 100_000;

    private readonly SourceText _source;
    private readonly bool _takesAliases;
    private readonly Parser _parser;
    private readonly List<MillProblem> _problems = [];
    private readonly Dictionary<string, YamlNode> _anchors = [];
    private int _count;

    private YamlReader(SourceText source, bool takesAliases)
    {
        (_source, _takesAliases) = (source, takesAliases);
        _parser = new(new StringReader(source.Text));
    }

    /// <param name="takesAliases">An alias is then the very node that it stands for; otherwise it is a problem.</param>
    /// <param name="problems">What is wrong; added to.</param>
    /// <returns>Null where there is no document, or none that can be read.</returns>
    public static YamlNode? Read(SourceText source, bool takesAliases, List<MillProblem> problems)
    {
        var reader = new YamlReader(source, takesAliases);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException e)
        {
            reader._problems.Add(source.Problem(MillError.Configuration, IndexOf(e.Start, source), $"This is not YAML that can be read: {e.Message}"));
            return null;
        }
        catch (InvalidOperationException)
        {
            // What the parser throws at a few texts that it does not expect.
            reader._problems.Add(source.Problem(MillError.Configuration, reader._parser.Current is { } last ? IndexOf(last.End, source) : 0, "This is not YAML that can be read, from here on."));
            return null;
        }
        finally
        {
            problems.AddRange(reader._problems);
        }
    }

    private static int IndexOf(Mark mark, SourceText source) => (int)Math.Clamp(mark.Index, 0, source.Text.Length);

    private YamlNode? ReadDocument()
    {
        Next();
        if (Next() is StreamEnd) return null;
        Next();
        var root = ReadNode(0);
        Next();
        if (Next() is not StreamEnd and { } next) Add(next, "There is more than one document in the file: the first ends here.");
        return root;
    }

    /// <summary>Begins at the first event of a node, and ends at its last one.</summary>
    private YamlNode ReadNode(int depth)
    {
        var begin = _parser.Current!;
        var start = IndexOf(begin.Start, _source);
        if (depth > Deepest) throw new YamlException(begin.Start, begin.End, $"it is nested more than {Deepest} deep.");
        if (++_count > MostNodes) throw new YamlException(begin.Start, begin.End, $"it has more than {MostNodes} parts.");
        if (begin is AnchorAlias alias) return Follow(alias, start);
        YamlNode node = begin switch
        {
            Scalar scalar => new YamlScalar(scalar.Value, scalar.Style, start, IndexOf(scalar.End, _source)),
            SequenceStart => ReadList(start, depth),
            MappingStart => ReadMap(start, depth),
            _ => throw new YamlException(begin.Start, begin.End, "something else was expected here."),
        };
        if (begin is NodeEvent { Anchor: { IsEmpty: false } anchor })
        {
            _anchors[anchor.Value] = node;
            if (!_takesAliases) Add(begin, "Anchors are not taken here.");
        }
        return node;
    }

    private YamlList ReadList(int start, int depth)
    {
        var items = new List<YamlNode>();
        while (Next() is not SequenceEnd) items.Add(ReadNode(depth + 1));
        return new(start, items);
    }

    private YamlMap ReadMap(int start, int depth)
    {
        var entries = new List<(YamlNode, YamlNode)>();
        while (Next() is not MappingEnd)
        {
            var key = ReadNode(depth + 1);
            Next();
            entries.Add((key, ReadNode(depth + 1)));
        }
        return new(start, entries);
    }

    private YamlNode Follow(AnchorAlias alias, int start)
    {
        if (_takesAliases && _anchors.TryGetValue(alias.Value.Value, out var node)) return node;
        Add(alias, _takesAliases ? "Nothing before this has that anchor." : "Aliases are not taken here: write out what it stands for.");
        return new YamlRefused(start);
    }

    private void Add(ParsingEvent at, string detail) => _problems.Add(_source.Problem(MillError.Configuration, IndexOf(at.Start, _source), detail));

    private ParsingEvent? Next() => _parser.MoveNext() ? _parser.Current : throw new YamlException("the file ends too early.");
}
