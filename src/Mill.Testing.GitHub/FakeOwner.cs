namespace Mill.Testing.GitHub;

/// <summary>A person or an organization. Organizations have secrets.</summary>
public sealed class FakeOwner
{
    private readonly World _world;
    private readonly List<FakeRepository> _repositories = [];
    private readonly Dictionary<FakeStore, FakeSecretStore> _stores = [];

    internal FakeOwner(World world, string login, bool isOrganization)
    {
        (_world, Login, IsOrganization, Id) = (world, login, isOrganization, world.NextId());
        if (isOrganization) _stores = Enum.GetValues<FakeStore>().ToDictionary(store => store, _ => new FakeSecretStore(world, isOrganization: true));
    }

    public string Login { get; }

    public long Id { get; }

    public bool IsOrganization { get; }

    public IReadOnlyList<FakeRepository> Repositories => _world.Do(() => _repositories.ToList());

    /// <summary>For Actions.</summary>
    public FakeSecretStore Secrets => Store(FakeStore.Actions);

    /// <summary>Throws where it is a person.</summary>
    public FakeSecretStore Store(FakeStore store) => _stores.TryGetValue(store, out var found) ? found : throw new InvalidOperationException($"{Login} is a person, and these have no secrets.");

    public FakeRepository AddRepository(string name, bool isPrivate = true) => _world.Do(() =>
    {
        var repository = new FakeRepository(_world, this, name, isPrivate);
        Take(repository);
        return repository;
    });

    internal void Take(FakeRepository repository) => _repositories.Add(repository);

    internal void Leave(FakeRepository repository) => _repositories.Remove(repository);
}
