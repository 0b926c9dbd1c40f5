<?php
/**
 * Takes away what the plugin has stored; its copies of lists expire by themselves.
 *
 * @package RelatedNews
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

delete_option( 'related_news' );
