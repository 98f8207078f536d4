package crawler

import (
	"strings"
	"testing"
)

// TestIsTrap: what repeats itself for the fourth time, and what is longer than anybody means.
func TestIsTrap(t *testing.T) {
	for _, target := range []string{
		"/a/a/a/a", "/x/a/a/a/a/y", "/a/b/a/b/a/b/a/b/", "/z/a/b/a/b/a/b/a/b/index.html", "/a/b/c/a/b/c/a/b/c/a/b/c/x",
		"/a/b/c/d/a/b/c/d/a/b/c/d/a/b/c/d", "/blog/blog/blog/blog/?page=2", "/a/a/a/b/c/b/c/b/c/b/c",
		strings.Repeat("/x", 49), "/s" + strings.Repeat("//", 30), "/?" + strings.Repeat("a", maxTarget),
	} {
		if u := mustParse(t, "http://h"+target); trapOf(&u) == noTrap {
			t.Errorf("%.60s is none", target)
		}
	}
}

// TestIsNoTrap: what sites have.
func TestIsNoTrap(t *testing.T) {
	for _, target := range []string{
		"/", "//", "/a", "/a/a/a", "/a/b/a/b/a/b/", "/a/b/c/a/b/c/a/b/c/x", "/a/a/a/b/a/a/a", "/index.html?a/a/a/a/a/a",
		"/2011/11/11/11/the-eleventh.html", "/2024/02/02/", "/blog/2020/01/01/01-january/", "/tiles/0/0/0.png", "/osm/3/3/3/3.pbf",
		"/system/avatars/000/000/001/original/me.jpg", "/wp-content/uploads/2016/06/16/photo-300x200.jpg",
		"/openjdk/api/java.base/java/util/concurrent/locks/package-summary.html",
		"/gp/product/B000/ref=s9_acsd_al_bw_c_x_1_w?pf_rd_m=A&pf_rd_s=merchandised-search-4&pf_rd_r=X&pf_rd_t=101&pf_rd_p=1",
		"/iiif/2/abc/full/full/0/default.jpg", "/src/main/java/org/example/main/java/main.java", "/torvalds/linux/tree/master/tools/tools/testing",
		"/en/en/", "/a//b//c//d//e", "/wiki/Talk:Talk/Talk/Talk", "/maven2/org/apache/maven/maven/maven-core/3/3.0/",
		"/x/" + strings.Repeat("long-title-", 50) + "/", "/search?q=" + strings.Repeat("x", 2000), "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16",
	} {
		if u := mustParse(t, "http://h"+target); trapOf(&u) != noTrap {
			t.Errorf("%.60s is one", target)
		}
	}
}
