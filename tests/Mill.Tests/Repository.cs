namespace Mill.Tests;

/// <summary>The repository that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string directory) =>
        File.Exists(Path.Combine(directory, "Mill.slnx")) ? directory : Find(Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Mill.slnx was not found above the tests."));
}
