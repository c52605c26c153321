using System.Text;

namespace Mill.Testing.GitHub;

/// <summary>A secret that a <see cref="FakeSecretStore"/> has, opened.</summary>
/// <param name="Name">In upper case.</param>
/// <param name="UpdatedAt">Whole seconds; later with each write, of an equal value too.</param>
public sealed record FakeSecret(string Name, ReadOnlyMemory<byte> Value, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary><c>all</c>, <c>private</c> or <c>selected</c>; null but for an organization's.</summary>
    public string? Visibility { get; init; }

    /// <summary>Ids of the repositories that see it, where these are selected.</summary>
    public IReadOnlyList<long> Selected { get; init; } = [];

    public string Text => Encoding.UTF8.GetString(Value.Span);

    internal bool IsSeenBy(FakeRepository repository) => Visibility switch
    {
        "all" => true,
        "private" => repository.IsPrivate,
        _ => Selected.Contains(repository.Id),
    };

    // A record prints its members.
    public override string ToString() => Name;
}
