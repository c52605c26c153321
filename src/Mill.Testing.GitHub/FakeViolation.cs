namespace Mill.Testing.GitHub;

/// <summary>A request that should not have been sent: GitHub bans those who go on like that.</summary>
/// <param name="Reason">Which limit it broke.</param>
public sealed record FakeViolation(RecordedRequest Request, string Reason)
{
    public override string ToString() => $"{Request}: {Reason}";
}
