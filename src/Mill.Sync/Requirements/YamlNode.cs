using YamlDotNet.Core;

namespace Mill.Sync.Requirements;

/// <summary>A part of a YAML document.</summary>
/// <param name="start">The character of the text where it begins.</param>
internal abstract class YamlNode(int start)
{
    public int Start => start;
}

/// <param name="end">Behind its last character.</param>
internal sealed class YamlScalar(string value, ScalarStyle style, int start, int end) : YamlNode(start)
{
    public string Value => value;

    public ScalarStyle Style => style;

    public int End => end;

    /// <summary>Nothing is written, or what stands for nothing.</summary>
    public bool IsNull => style is ScalarStyle.Plain && value is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed class YamlList(int start, List<YamlNode> items) : YamlNode(start)
{
    public IReadOnlyList<YamlNode> Items => items;
}

internal sealed class YamlMap(int start, List<(YamlNode Key, YamlNode Value)> entries) : YamlNode(start)
{
    public IReadOnlyList<(YamlNode Key, YamlNode Value)> Entries => entries;

    /// <summary>The first value with this key; null where there is none.</summary>
    public YamlNode? this[string key] => entries.Find(entry => entry.Key is YamlScalar { Value: var name } && name == key).Value;
}

/// <summary>Something that was not taken. What is wrong with it has been said.</summary>
internal sealed class YamlRefused(int start) : YamlNode(start);
