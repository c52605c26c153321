using Mill.Core.Ports;
using Mill.Simulation.Model;

namespace Mill.Simulation.Operations;

/// <summary>Preconditions as the model sees them.</summary>
internal static class Precondition
{
    public static bool Holds(WritePrecondition precondition, ModelVersion? current) =>
        !(precondition.IfAbsent && current is not null) && (precondition.IfVersion is not { } wanted || current?.Number == wanted);

    public static string Text(WritePrecondition precondition) => precondition switch
    {
        { IfAbsent: true } => "if-absent",
        { IfVersion: { } version } => $"if-version-{version}",
        _ => "always",
    };
}
