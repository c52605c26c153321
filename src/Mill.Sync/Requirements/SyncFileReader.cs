using Mill.Core.Model;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Requirements;

/// <summary>Makes sense of the parts of a <c>mill-sync.yaml</c>. Goes on after each problem; what may be a value, put there by mistake, is never repeated.</summary>
internal sealed class SyncFileReader(SourceText source, List<MillProblem> problems)
{
    private const string NotAList = "Here stands a list, each thing on a line of its own after a dash.";
    private const string NotAMap = "Here stand names, each with a colon and something behind it.";
    private const string NotAText = "Here stands a single text.";
    private const string Empty = "There is nothing behind the colon. Leave the key out, or write [] for none.";
    private const string TargetSigns = "_*-./:"; // before an @

    public SyncFile Read(YamlNode? root)
    {
        var required = new Dictionary<string, SourcePlace>();
        if (root is null or YamlScalar { IsNull: true }) return new(new([], new Dictionary<string, IReadOnlyList<string>>(), [], null, null), required);
        var keys = Members(root, "require", "groups", "targets", "policy", "provisioning");
        foreach (var (name, at) in Names(keys.GetValueOrDefault("require"))) required[name] = source.PlaceOf(at);
        var document = new SyncDocument(
            [.. required.Keys],
            Groups(keys.GetValueOrDefault("groups")),
            Targets(keys.GetValueOrDefault("targets")),
            keys.TryGetValue("policy", out var policy) ? [.. Items(policy).Select(Rule).OfType<PolicyRule>()] : null,
            keys.TryGetValue("provisioning", out var provisioning) ? NamePatterns(provisioning, Items(provisioning)) : null);
        return new(document, required);
    }

    private Dictionary<string, IReadOnlyList<string>> Groups(YamlNode? node)
    {
        var groups = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (key, value) in Entries(node))
        {
            var members = Names(value).ConvertAll(member => member.Name);
            if (GitHubName(key) is not { } name) continue;
            if (!groups.TryAdd(name, members)) Add(key, $"The group {name} stands here twice.");
        }
        return groups;
    }

    private List<SyncTarget> Targets(YamlNode? node)
    {
        var targets = new List<SyncTarget>();
        var scopes = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in Items(node))
        {
            if (Target(item) is not { } target) continue;
            if (scopes.Add(target.Scope.ToString())) targets.Add(target);
            else Add(item, $"There is a target {target.Scope} already: put both into one.");
        }
        return targets;
    }

    private SyncTarget? Target(YamlNode node)
    {
        var keys = Members(node, "to", "secrets", "from");
        if (keys.Count is 0) return null;
        var secrets = keys.TryGetValue("secrets", out var named) ? Secrets(named) : [];
        var prefix = keys.TryGetValue("from", out var from) ? Prefix(from) : null;
        if (named is null && from is null) Add(node, "The target says neither which secrets it is to have (secrets:) nor what their names begin with (from:).");
        if (!keys.TryGetValue("to", out var to)) Add(node, "The target does not say whose it is. Write to: owner/name");
        else if (Text(to) is { } text)
        {
            if (SecretScopes.TryParse(text, out var scope, out var reason)) return new(scope, secrets, prefix);
            Add(to, $"This is no target: {reason}.");
        }
        return null;
    }

    /// <summary>Either names that are the same here and there, or a name of each.</summary>
    private Dictionary<string, string> Secrets(YamlNode node)
    {
        var secrets = new Dictionary<string, string>();
        if (node is YamlMap)
        {
            foreach (var (key, value) in Entries(node)) AddSecret(secrets, key, value);
        }
        else
        {
            foreach (var item in Items(node)) AddSecret(secrets, item, item);
        }
        return secrets;
    }

    private void AddSecret(Dictionary<string, string> secrets, YamlNode onGitHub, YamlNode inVault)
    {
        var name = GitHubName(onGitHub);
        if (name is null && onGitHub == inVault) return;
        if (Text(inVault) is not { } stored) return;
        if (!SecretName.TryParse(stored, out _)) AddName(inVault, $"This is not the name of a secret in the vault. {SecretName.Rule}");
        else if (name is not null && !secrets.TryAdd(name, stored)) Add(onGitHub, $"{name} stands here twice.");
    }

    private string? Prefix(YamlNode node)
    {
        if (Text(node) is not { } prefix) return null;
        // What begins a name is one with something behind it.
        if (SecretName.TryParse(prefix + "x", out _)) return prefix;
        AddName(node, $"No name in the vault begins like this. {SecretName.Rule}");
        return null;
    }

    private PolicyRule? Rule(YamlNode node)
    {
        var keys = Members(node, "allow", "deny", "to");
        if (keys.Count is 0) return null;
        var (allow, deny) = (keys.GetValueOrDefault("allow"), keys.GetValueOrDefault("deny"));
        if (allow is null == deny is null) Add(node, "A rule either allows or denies: write allow: or deny:, and which names.");
        if (!keys.TryGetValue("to", out var to)) Add(node, "The rule does not say for whom it is. Write to: owner/name, or to: '*'");
        var names = (allow ?? deny) is { } which ? NamePatterns(which, OneOrMore(which)) : [];
        List<string> targets = to is null ? [] : [.. OneOrMore(to).Select(TargetPattern).OfType<string>()];
        return names.Count is 0 || targets.Count is 0 ? null : new(allow is not null, names, targets);
    }

    private List<string> NamePatterns(YamlNode node, IEnumerable<YamlNode> items)
    {
        var patterns = new List<string>();
        foreach (var item in items)
        {
            if (Text(item) is not { } text) continue;
            if (text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '*')) patterns.Add(text);
            else AddName(item, "No name on GitHub is like this: letters, digits and underscores may be in it, and * for any of them.");
        }
        return patterns;
    }

    private string? TargetPattern(YamlNode node)
    {
        if (Text(node) is not { } text) return null;
        // A pattern that no target matches would make of a slip in a rule that denies one that allows. Environments may be called anything.
        var owned = text.Split('@')[0];
        if (owned is not "" && owned.All(c => char.IsAsciiLetterOrDigit(c) || TargetSigns.Contains(c)) && !text.Any(char.IsControl) && text.Trim() == text) return text;
        Add(node, "No target is like this: letters, digits and -_./: may be in it, * for any of them, and behind an @ what an environment is called.");
        return null;
    }

    private IReadOnlyList<YamlNode> OneOrMore(YamlNode node)
    {
        if (node is not YamlList) return [node];
        var items = Items(node);
        if (items.Count is 0) Add(node, "The list is empty, so the rule says nothing.");
        return items;
    }

    private List<(string Name, int At)> Names(YamlNode? node)
    {
        var names = new List<(string Name, int At)>();
        foreach (var item in Items(node))
        {
            if (GitHubName(item) is not { } name) continue;
            if (names.Exists(other => other.Name == name)) Add(item, $"{name} stands here twice.");
            else names.Add((name, item.Start));
        }
        return names;
    }

    private string? GitHubName(YamlNode node)
    {
        if (Text(node) is not { } text) return null;
        var name = GitHubSecretName.Normalize(text, out var reason);
        if (name is null) AddName(node, $"GitHub has no secret of this name: {reason}.");
        return name;
    }

    private Dictionary<string, YamlNode> Members(YamlNode node, params string[] known)
    {
        var members = new Dictionary<string, YamlNode>();
        foreach (var (key, value) in Entries(node))
        {
            if (Text(key) is not { } name) continue;
            if (!known.Contains(name)) Add(key, $"There is no key \"{name}\" here{(Typos.Closest(name, known) is { } meant ? $": did you mean {meant}?" : $". There is {string.Join(", ", known)}.")}");
            else if (!members.TryAdd(name, value)) Add(key, $"{name}: stands here twice.");
        }
        return members;
    }

    private IReadOnlyList<(YamlNode Key, YamlNode Value)> Entries(YamlNode? node)
    {
        if (node is YamlMap map) return map.Entries;
        Refuse(node, NotAMap);
        return [];
    }

    private IReadOnlyList<YamlNode> Items(YamlNode? node)
    {
        if (node is YamlList list) return list.Items;
        Refuse(node, NotAList);
        return [];
    }

    private string? Text(YamlNode node)
    {
        if (node is YamlScalar { IsNull: false, Value.Length: > 0 } scalar) return scalar.Value;
        Refuse(node, NotAText);
        return null;
    }

    /// <summary>Says what should stand there, where anything does and nothing was said of it yet.</summary>
    private void Refuse(YamlNode? node, string instead)
    {
        if (node is not (null or YamlRefused)) Add(node, node is YamlScalar { IsNull: true } ? Empty : instead);
    }

    private void Add(YamlNode node, string detail) => problems.Add(source.Problem(MillError.Configuration, node.Start, detail));

    private void AddName(YamlNode node, string detail) => problems.Add(source.Problem(MillError.InvalidName, node.Start, detail));
}
