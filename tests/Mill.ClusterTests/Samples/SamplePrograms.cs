using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Samples;

/// <summary>The programs of the samples, built together with these tests.</summary>
internal static class SamplePrograms
{
    public static string Of(string name)
    {
        var path = BuildMetadata.Of("Samples").Replace("*", name, StringComparison.Ordinal);
        return File.Exists(path) ? path : throw new FileNotFoundException($"The sample {name} was not built with the tests.", path);
    }
}
