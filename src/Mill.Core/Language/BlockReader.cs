using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Mill.Core.Language.Grammar;
using Mill.Core.Language.Syntax;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Core.Language;

/// <summary>Takes values out of a block as its rule has them. What is wrong is told once, and counts as the default from there on.</summary>
internal sealed partial class BlockReader
{
    private readonly BlockRule _rule;
    private readonly Problems _problems;
    private readonly Dictionary<string, AttributeSyntax> _attributes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<BlockReader>> _children = new(StringComparer.Ordinal);

    /// <param name="path">Of the block, as messages name it, such as <c>service.web</c>; empty for a file.</param>
    public BlockReader(BlockSyntax block, BlockRule rule, string path, Problems problems)
    {
        (Block, _rule, Path, _problems) = (block, rule, path, problems);
        foreach (var attribute in block.Body.Attributes) Add(attribute);
        foreach (var child in block.Body.Blocks.Where(child => RuleOf(child) is null)) Unknown(child.Name, child.Type);
        foreach (var key in rule.Keys.Where(key => key.IsRequired && !_attributes.ContainsKey(key.Name) && !block.Body.Blocks.Any(child => child.Name == key.Name))) problems.Add(block.Type, $"{NameOf(key.Name)} is missing.");
        foreach (var again in block.Body.Blocks.GroupBy(child => (child.Name, Label: RuleOf(child)?.Label is null ? "" : LabelOf(child))).SelectMany(same => same.Skip(1)))
        {
            problems.Add(again.Type, again.Labels is [var label, ..] ? $"{again.Name} \"{label.Text}\" stands here twice." : $"{again.Name} stands here twice.");
        }
    }

    public BlockSyntax Block { get; }

    /// <summary>As messages name it.</summary>
    public string Path { get; }

    /// <summary>The text behind its name; empty where it is missing, which was told.</summary>
    public string Label => LabelOf(Block);

    /// <summary>Whether a text stands behind its name; it may be empty.</summary>
    public bool HasLabel => Block.Labels.Length > 0;

    public IEnumerable<AttributeSyntax> Attributes => _attributes.Values;

    /// <summary>Whether its value is a number without quotes.</summary>
    public bool IsNumber(string key) => _attributes.GetValueOrDefault(key)?.Value is NumberSyntax;

    public bool Has(string key) => _attributes.ContainsKey(key);

    /// <summary>Those of one name, each with its own label. They are the same every time, so that what is wrong with them is told once.</summary>
    public IReadOnlyList<BlockReader> Children(string name)
    {
        if (_children.TryGetValue(name, out var known)) return known;
        var rule = _rule.Blocks.First(rule => rule.Name == name);
        return _children[name] = [.. Block.Body.Blocks.Where(child => child.Name == name).Select(child => new BlockReader(Checked(child, rule), rule, NameOf(rule.Label is null ? name : $"{name}.{LabelOf(child)}"), _problems))];
    }

    public BlockReader? Child(string name) => Children(name) is [var first, ..] ? first : null;

    public void Problem(string key, string detail) => _problems.Add(_attributes.TryGetValue(key, out var attribute) ? attribute.Value.Span : Block.Type, $"{NameOf(key)} {detail}");

    public void Problem(string detail) => _problems.Add(Block.Labels is [var label, ..] ? label.Span : Block.Type, $"{Path} {detail}");

    public string? Text(string key) => Read(key, syntax => syntax is TextSyntax text && IsPlain(text) ? text.Text.Replace("$${", "${", StringComparison.Ordinal) : null, text => text, "is a text in quotes, without references");

    public Template? Template(string key) => _attributes.TryGetValue(key, out var attribute) ? TemplateOf(attribute) : null;

    public decimal? Number(string key) => Read(key, syntax => (syntax as NumberSyntax)?.Value, text => decimal.Parse(text, CultureInfo.InvariantCulture), "must be a number, without quotes, such as 0.5");

    public int? Whole(string key) => Read(key, syntax => syntax is NumberSyntax { Value: var number } && number == decimal.Truncate(number) && Math.Abs(number) <= int.MaxValue ? (int)number : null,
        text => int.Parse(text, CultureInfo.InvariantCulture), "must be a whole number, without quotes");

    public bool? Flag(string key) => Read(key, syntax => (syntax as BoolSyntax)?.Value, bool.Parse, "is true or false");

    public long? Size(string key) => Read(key, syntax => syntax switch
    {
        TextSyntax text => ByteSize.Parse(text.Text),
        NumberSyntax { Value: > 0 and < long.MaxValue } number when number.Value == decimal.Truncate(number.Value) => (long)number.Value,
        _ => null,
    }, text => ByteSize.Parse(text)!.Value, $"is no size. {ByteSize.Rule}");

    public TimeSpan? Length(string key) => Read(key, syntax => syntax is TextSyntax text ? Duration.Parse(text.Text) : null, text => Duration.Parse(text)!.Value, $"is no length of time. {Duration.Rule}");

    public string? Choice(string key)
    {
        var choices = _rule.Keys.First(rule => rule.Name == key).Choices;
        return Read(key, syntax => syntax is TextSyntax text && choices.Contains(text.Text) ? text.Text : null, text => text, $"is one of {string.Join(", ", choices.Select(choice => $"\"{choice}\""))}");
    }

    public IReadOnlyList<string>? Command(string key) => Read(key, syntax => syntax is ListSyntax { Items: [_, ..] items } && items.All(item => item is TextSyntax text && IsPlain(text))
            ? items.Select(item => ((TextSyntax)item).Text.Replace("$${", "${", StringComparison.Ordinal)).ToImmutableArray() : (IReadOnlyList<string>?)null,
        _ => [], _attributes.TryGetValue(key, out var attribute) ? WhyNoCommand(attribute.Value) : "");

    /// <summary>As the environment has it: numbers and truth are texts.</summary>
    public Template? TemplateOf(AttributeSyntax attribute)
    {
        if (attribute.Value is NumberSyntax number) return new(number.Value.ToString(CultureInfo.InvariantCulture));
        if (attribute.Value is BoolSyntax truth) return new(truth.Value ? "true" : "false");
        if (attribute.Value is not TextSyntax text)
        {
            if (attribute.Value is not WrongSyntax) _problems.Add(attribute.Value.Span, $"{NameOf(attribute.Name)} is a text in quotes, a number, true or false.");
            return null;
        }
        var template = new Template(text.Text);
        var wrong = template.Parts.Where(part => part.Kind is TemplatePartKind.Wrong).ToList();
        foreach (var part in wrong) _problems.Add(text.PlaceOf(part.Place), $"{NameOf(attribute.Name)}: {part.Text}");
        // What looks like a reference and is none would be given to a program as it stands there.
        var meant = MeantSecret().Match(text.Text);
        if (meant.Success) _problems.Add(text.PlaceOf(meant.Index), $"{NameOf(attribute.Name)}: a reference has braces around it: write ${{secret({meant.Groups[1].Value})}}.");
        return wrong.Count is 0 && !meant.Success ? template : null;
    }

    /// <summary>Where a part of the template of a key stands.</summary>
    public static int PlaceOf(AttributeSyntax attribute, TemplatePart part) => attribute.Value is TextSyntax text ? text.PlaceOf(part.Place) : attribute.Value.Span.Start;

    public string NameOf(string key) => Path.Length is 0 ? key : $"{Path}.{key}";

    private static string WhyNoCommand(ValueSyntax value) => value switch
    {
        ListSyntax { Items: [] } => "is empty: name a program, such as [\"./serve\", \"--verbose\"], or leave it out",
        ListSyntax list when list.Items.Any(item => item is TextSyntax text && !IsPlain(text)) =>
            "cannot hold references: whoever is on the node can read what programs are started with. Put the reference into env, and have a shell read the variable: [\"sh\", \"-c\", \"serve --key $KEY\"]",
        ListSyntax => "must be a list of texts, each in quotes, such as [\"./serve\", \"--verbose\"]",
        _ => "must be a list, in which every argument is a text of its own: [\"./serve\", \"--verbose\"], or, for a shell, [\"sh\", \"-c\", \"…\"]",
    };

    private static bool IsPlain(TextSyntax text) => new Template(text.Text).Parts.All(part => part.Kind is TemplatePartKind.Literal);

    private static string LabelOf(BlockSyntax block) => block.Labels is [var label, ..] ? label.Text : "";

    private IEnumerable<string> Known => _rule.Keys.Select(rule => rule.Name).Concat(_rule.Blocks.Select(rule => rule.Name));

    private BlockRule? RuleOf(BlockSyntax block) => _rule.Blocks.FirstOrDefault(rule => rule.Name == block.Name);

    private void Add(AttributeSyntax attribute)
    {
        if (_rule.Others is null && !_rule.Keys.Any(rule => rule.Name == attribute.Name)) Unknown(attribute.Name, attribute.Key);
        else if (!_attributes.TryAdd(attribute.Name, attribute)) _problems.Add(attribute.Key, $"{NameOf(attribute.Name)} stands here twice.");
    }

    private void Unknown(string name, TextSpan span)
    {
        if (_problems.IsFull) return;
        var where = _rule.Name is "file" ? "in a file" : $"in {_rule.Name}";
        string detail;
        if (_rule.Blocks.Any(rule => rule.Name == name)) detail = $"{name} is a block: write {name} {{ … }}.";
        else if (_rule.Keys.Any(rule => rule.Name == name)) detail = $"{name} is no block: write {name} = …";
        else if (Typos.Closest(name, Known) is { } closest) detail = $"There is no {name} {where}. Did you mean {closest}?";
        // Other files have longer names for the same: environment, healthcheck, volumes_from.
        else if (Known.FirstOrDefault(known => known.Length >= 3 && name.StartsWith(known, StringComparison.Ordinal)) is { } begun) detail = $"There is no {name} {where}. Did you mean {begun}?";
        else if (_rule.Name is not "file" && MillGrammar.File.Blocks.Any(rule => rule.Name == name)) detail = $"{name} stands in the file itself, and this is in {(_rule.Label is null ? Path : $"{_rule.Name} \"{Label}\"")}: a }} is missing before it.";
        else detail = $"There is no {name} {where}. There are {string.Join(", ", Known)}.";
        _problems.Add(span, detail);
    }

    private BlockSyntax Checked(BlockSyntax child, BlockRule rule)
    {
        if (rule.Label is null && child.Labels is [var one, ..]) _problems.Add(one.Span, $"{rule.Name} has no name: leave \"{one.Text}\" out.");
        else if (rule.Label is not null && child.Labels is []) _problems.Add(child.Type, $"Behind {rule.Name} comes {rule.Label}, in quotes: {rule.Name} \"…\" {{ … }}.");
        else if (child.Labels is [_, var second, ..]) _problems.Add(second.Span, $"Behind {rule.Name} comes one name only.");
        return child;
    }

    private T? Read<T>(string key, Func<ValueSyntax, T?> read, Func<string, T> parse, string expected)
        where T : struct
    {
        if (!_attributes.TryGetValue(key, out var attribute)) return DefaultOf(key) is { } text ? parse(text) : null;
        if (read(attribute.Value) is { } value) return value;
        Refuse(attribute, expected);
        return DefaultOf(key) is { } other ? parse(other) : null;
    }

    private T? Read<T>(string key, Func<ValueSyntax, T?> read, Func<string, T> parse, string expected)
        where T : class
    {
        if (!_attributes.TryGetValue(key, out var attribute)) return DefaultOf(key) is { } text ? parse(text) : null;
        if (read(attribute.Value) is { } value) return value;
        Refuse(attribute, expected);
        return DefaultOf(key) is { } other ? parse(other) : null;
    }

    private string? DefaultOf(string key) => _rule.Keys.First(rule => rule.Name == key).Default;

    private void Refuse(AttributeSyntax attribute, string expected)
    {
        if (attribute.Value is not WrongSyntax) _problems.Add(attribute.Value.Span, $"{NameOf(attribute.Name)} {expected}{(expected[^1] is '.' ? "" : ".")}");
    }

    /// <summary>The spellings of other files and shells: the whole text, or with a dollar sign before it.</summary>
    [GeneratedRegex(@"^secret\(([A-Za-z0-9._/-]+)\)$|\$secret\((?<1>[A-Za-z0-9._/-]+)\)")]
    private static partial Regex MeantSecret();
}
