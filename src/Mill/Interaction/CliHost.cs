namespace Mill.Interaction;

/// <summary>What a command may know of the process it runs in.</summary>
/// <param name="Variable">An environment variable; null where it is unset or empty.</param>
internal sealed record CliHost(Terminal Terminal, Func<string, string?> Variable, TimeProvider Time)
{
    private readonly string? _directory;

    /// <summary>Where it runs: what paths count from.</summary>
    public string Directory
    {
        get => _directory ?? Environment.CurrentDirectory;
        init => _directory = value;
    }

    public static CliHost OfThisProcess() => new(Terminal.OfThisProcess(), ReadVariable, TimeProvider.System);

    private static string? ReadVariable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
