namespace Mill.ClusterTests.Processes;

/// <summary>The real executable, built together with these tests.</summary>
internal static class MillExecutable
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        var path = BuildMetadata.Of("MillExecutable");
        return File.Exists(path) ? path : throw new FileNotFoundException("The mill executable was not built with the tests.", path);
    }
}
