using System.Globalization;

namespace Mill.ClusterTests.Containers.Scenarios;

/// <summary>What the scenarios deploy.</summary>
internal static class MillFiles
{
    /// <summary>Of which there is no service.</summary>
    public const string Nothing = $$"""
        task "none" { image = "{{DockerEngine.Image}}" }
        """;

    /// <summary>An image that no registry has.</summary>
    public const string NoImage = "127.0.0.1:1/none:v9";

    /// <summary>A new version takes over as soon as it can.</summary>
    public const string AtOnce = "healthy_for = \"0s\"\n drain = \"0s\"";

    /// <summary>As it is where nobody says otherwise: the old ones serve for two seconds after they were taken out of use.</summary>
    public const string Gentle = "healthy_for = \"0s\"\n drain = \"2s\"";

    /// <summary>Answers with its text at <c>/index.html</c>.</summary>
    /// <param name="update">How a new version takes over.</param>
    /// <param name="more">Of its block.</param>
    /// <param name="grace">How long its end takes: it does not listen to whoever asks it to end.</param>
    public static string Web(string name, string text, int replicas = 1, string update = AtOnce, string more = "", string image = DockerEngine.Image, string grace = "0s") => string.Create(CultureInfo.InvariantCulture, $$"""
        service "{{name}}" {
          image      = "{{image}}"
          command    = ["/bin/sh", "-c", "mkdir -p /www && echo -n {{text}} > /www/index.html && exec httpd -f -p $PORT -h /www"]
          port       = 80
          replicas   = {{replicas}}
          cpu        = 0.1
          memory     = "16M"
          stop_grace = "{{grace}}"
          health {
            path     = "/index.html"
            interval = "500ms"
          }
          update { {{update}} }
          {{more}}
        }

        """);
}
