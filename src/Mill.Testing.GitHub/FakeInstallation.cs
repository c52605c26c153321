namespace Mill.Testing.GitHub;

/// <summary>An app with one owner.</summary>
/// <param name="Repositories">Ids of those that it may go to; null for all.</param>
public sealed record FakeInstallation(long Id, FakeApp App, FakeOwner Owner, IReadOnlyList<long>? Repositories, IReadOnlyDictionary<string, string> Permissions, DateTimeOffset CreatedAt)
{
    // A record prints its members.
    public override string ToString() => $"{App.Slug} with {Owner.Login}";
}
