namespace Mill.Testing.GitHub;

/// <summary>A repository: its secrets, its environments with theirs, and the workflows in it.</summary>
public sealed class FakeRepository
{
    private readonly World _world;
    private readonly Dictionary<FakeStore, FakeSecretStore> _stores;
    private readonly Dictionary<string, FakeSecretStore> _environments = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _earlierNames = []; // with their owners
    private readonly List<FakeWorkflow> _workflows = [];

    internal FakeRepository(World world, FakeOwner owner, string name, bool isPrivate)
    {
        (_world, Owner, Name, IsPrivate, Id, CreatedAt) = (world, owner, name, isPrivate, world.NextId(), world.Now);
        _stores = Enum.GetValues<FakeStore>().ToDictionary(store => store, _ => new FakeSecretStore(world));
    }

    public long Id { get; }

    public FakeOwner Owner { get; private set; }

    public string Name { get; private set; }

    public string FullName => $"{Owner.Login}/{Name}";

    public bool IsPrivate { get; }

    /// <summary>Events reach workflows of this branch only.</summary>
    public string DefaultBranch { get; set; } = "main";

    public DateTimeOffset CreatedAt { get; }

    /// <summary>For Actions.</summary>
    public FakeSecretStore Secrets => Store(FakeStore.Actions);

    internal IReadOnlyList<FakeWorkflow> Workflows => _workflows;

    public FakeSecretStore Store(FakeStore store) => _stores[store];

    /// <summary>Returns the secrets of the new environment. GitHub makes none by itself.</summary>
    public FakeSecretStore AddEnvironment(string name) => _world.Do(() => _environments[name] = new(_world));

    /// <summary>The secrets of an environment that was added.</summary>
    public FakeSecretStore Environment(string name) => FindEnvironment(name) ?? throw new KeyNotFoundException($"{FullName} has no environment {name}.");

    /// <summary>Those who ask for the earlier name are sent on.</summary>
    public void Rename(string name) => _world.Do(() =>
    {
        _earlierNames.Add(FullName);
        Name = name;
    });

    /// <summary>Gives it to somebody else. Those who ask for it where it was are sent on.</summary>
    public void Transfer(FakeOwner owner) => _world.Do(() =>
    {
        _earlierNames.Add(FullName);
        Owner.Leave(this);
        Owner = owner;
        owner.Take(this);
    });

    public void AddWorkflow(FakeWorkflow workflow) => _world.Do(() => _workflows.Add(workflow));

    public void RemoveWorkflows() => _world.Do(_workflows.Clear);

    internal FakeSecretStore? FindEnvironment(string name) => _world.Do(() => _environments.GetValueOrDefault(name));

    internal bool IsCalled(string name) => StringComparer.OrdinalIgnoreCase.Equals(Name, name);

    internal bool WasCalled(string fullName) => _earlierNames.Contains(fullName, StringComparer.OrdinalIgnoreCase);

    /// <summary>Of its organization, for Actions. None where the owner is a person.</summary>
    internal IEnumerable<FakeSecret> Inherited(bool isList) =>
        Owner.IsOrganization ? (isList ? Owner.Secrets.Listed() : Owner.Secrets.Current).Values.Where(secret => secret.IsSeenBy(this)) : [];
}
