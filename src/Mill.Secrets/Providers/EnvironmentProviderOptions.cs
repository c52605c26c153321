namespace Mill.Secrets.Providers;

/// <summary>How keys and the names of variables belong together. A variable with exactly the key as its name always comes first.</summary>
[Flags]
public enum EnvironmentNames
{
    /// <summary>The key is the name.</summary>
    Verbatim = 0,

    /// <summary><c>database:password</c> is in <c>database__password</c>, as .NET configuration has it.</summary>
    Colons = 1,

    /// <summary><c>databasePassword</c>, <c>database-password</c> and <c>database.password</c> are in <c>DATABASE_PASSWORD</c>.</summary>
    UpperSnake = 2,
}

/// <summary>How an <see cref="EnvironmentProvider"/> reads the environment.</summary>
public sealed record EnvironmentProviderOptions
{
    public string Name { get; init; } = "env";

    public EnvironmentNames Names { get; init; }

    /// <summary>
    /// Where <c>NAME</c> is not set and <c>NAME_FILE</c> is, the value is what that file holds, without one newline at its end. Who may read the file is not looked at: whoever mounts
    /// secrets into a container mostly lets all of it read them.
    /// </summary>
    public bool ReadsFiles { get; init; }

    /// <summary>Variables that start so are listed as keys. Without this and <see cref="ListedKeys"/> none is: most of the environment is no secret.</summary>
    public string? ListedPrefix { get; init; }

    /// <summary>Keys that are listed if they are there.</summary>
    public IReadOnlyCollection<string> ListedKeys { get; init; } = [];
}
