using System.Reflection;

namespace Mill.ClusterTests.Processes;

/// <summary>What the project file of these tests knows: where things lie that were built with them.</summary>
internal static class BuildMetadata
{
    public static string Of(string key) => Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;
}
