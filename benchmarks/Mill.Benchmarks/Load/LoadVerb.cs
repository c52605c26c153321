using System.Text.Json;

namespace Mill.Benchmarks.Load;

/// <summary>The <c>load</c> verb: this executable as the load generator, with a plan on standard input and the result on standard output.</summary>
internal static class LoadVerb
{
    public const string Name = "load";

    public static int Run()
    {
        var plan = JsonSerializer.Deserialize(Console.In.ReadToEnd(), LoadJson.Default.LoadPlan)!;
        using var run = new LoadRun(plan);
        Console.Out.Write(JsonSerializer.Serialize(run.Run(), LoadJson.Default.LoadResult));
        return 0;
    }
}
