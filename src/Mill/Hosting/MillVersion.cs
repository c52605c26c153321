using System.Reflection;

namespace Mill.Hosting;

/// <summary>The version of this executable.</summary>
internal static class MillVersion
{
    public static string Text { get; } = typeof(MillVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
